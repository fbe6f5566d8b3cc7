"use strict";
// What a page does beyond links and forms; all of it can be done without, but the basket then holds one page's items.

const BASKET = "plansearch-basket";
const MOST = 100;

function basket() {
  try {
    const kept = JSON.parse(localStorage.getItem(BASKET) || "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function keep(ids) {
  try {
    localStorage.setItem(BASKET, JSON.stringify(ids.slice(0, MOST)));
  } catch {
    // a browser that keeps nothing still has the checkboxes of this page
  }
}

function basketAddress() {
  const query = new URLSearchParams(basket().map((id) => ["item", id]));
  return `/basket?${query}`;
}

function showBasket() {
  const ids = basket();
  for (const box of document.querySelectorAll('input[name="item"][form="pick"]')) {
    box.checked = ids.includes(box.value);
  }
  for (const link of document.querySelectorAll("[data-basket-link]")) {
    link.href = ids.length ? basketAddress() : "/basket";
  }
  for (const count of document.querySelectorAll("[data-basket-count]")) {
    count.textContent = ids.length;
    count.hidden = ids.length === 0;
  }
  for (const bar of document.querySelectorAll("[data-pickbar]")) bar.hidden = ids.length === 0;
  for (const button of document.querySelectorAll("[data-basket-button]")) {
    button.textContent = `並列籃子裡的 ${ids.length} 項`;
  }
  for (const says of document.querySelectorAll("[data-basket-says]")) {
    says.textContent = ids.length >= MOST ? `籃子滿了（最多 ${MOST} 項）` : "";
  }
}

function takeShared() {
  // a colleague's basket is looked at, and is one's own where one has none; one's own is what the page still found of it
  if (location.pathname !== "/basket") return;
  const asked = new URLSearchParams(location.search).getAll("item");
  const own = basket();
  const mine = own.length === 0 || (own.length === asked.length && own.every((id) => asked.includes(id)));
  const shown = [...document.querySelectorAll('input[name="item"][form="pick"]')].map((box) => box.value);
  if (asked.length && mine) keep(shown);
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches('input[name="item"][form="pick"]')) {
    const others = basket().filter((id) => id !== box.value);
    keep(box.checked ? [...others, box.value] : others);
    showBasket();
  } else if (box.closest(".filters") && box.form) {
    box.form.requestSubmit();
  } else if (box.matches("[data-submits]") && box.form) {
    box.form.requestSubmit();
  }
});

document.addEventListener("submit", (event) => {
  if (event.target.id === "pick" && basket().length) {
    event.preventDefault();
    location.href = basketAddress();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-basket-clear]")) {
    keep([]);
    location.href = "/basket";
  }
});

function settle() {
  for (const details of document.querySelectorAll("details[data-wide-open]")) {
    if (matchMedia("(min-width: 60.01rem)").matches) details.open = true;
  }
  showBasket();
}

function tell(text) {
  for (const status of document.querySelectorAll("[data-status]")) status.textContent = text;
}

document.addEventListener("htmx:afterSettle", () => {
  settle();
  const says = document.querySelector(".says");
  tell(says ? says.textContent : "");
});

// what was refused is told on a page of its own
document.addEventListener("htmx:responseError", (event) => {
  location.href = event.detail.pathInfo.finalRequestPath || event.detail.pathInfo.requestPath;
});

document.addEventListener("htmx:sendError", () => {
  const answer = document.getElementById("answer");
  if (!answer) return;
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.setAttribute("role", "alert");
  notice.textContent = "連不上 plansearch。啟動它的視窗可能已經關閉；請重新執行 plansearch serve。";
  answer.prepend(notice);
});

addEventListener("pageshow", settle);
takeShared();
settle();
