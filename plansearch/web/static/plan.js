"use strict";
// Marks in the original where an item was read, and brings it into view; without this, the links of the page do so.

function chosenNumber() {
  const anchor = /^#item-(\d+)$/.exec(location.hash);
  return anchor ? anchor[1] : new URLSearchParams(location.search).get("item");
}

function showItem(number, far) {
  if (!/^\d+$/.test(number || "")) return false;
  const rows = [...document.querySelectorAll(`#original [data-items~="${number}"]`)];
  for (const one of document.querySelectorAll(".item.chosen, .passage.chosen")) one.classList.remove("chosen");
  for (const one of rows) one.classList.add("chosen");
  document.getElementById(`item-${number}`)?.classList.add("chosen");
  const region = document.querySelector(".original-scroll");
  if (!rows.length || !region) return false;
  const distance = rows[0].getBoundingClientRect().top - region.getBoundingClientRect().top;
  region.scrollTop += distance - region.clientHeight / 3;
  if (far) rows[0].scrollIntoView({ block: "nearest" });
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-find]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (showItem(link.dataset.find, true)) {
    event.preventDefault();
    history.replaceState(null, "", `?item=${link.dataset.find}#item-${link.dataset.find}`);
  }
});

addEventListener("hashchange", () => showItem(chosenNumber(), false));
document.addEventListener("htmx:afterSettle", () => showItem(chosenNumber(), false));
showItem(chosenNumber(), false);
