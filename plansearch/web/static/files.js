"use strict";
// Files can be dropped where they can be chosen, and what was typed is not lost by leaving the page unasked.

for (const form of document.querySelectorAll("[data-drop]")) {
  const input = form.querySelector('input[type="file"]');
  const says = form.querySelector("[data-drop-says]");
  const most = Number(form.dataset.most);
  form.querySelector("[data-drop-hint]").hidden = false;

  const tell = () => {
    const names = [...input.files].map((file) => file.name);
    const tooMany = names.length > most;
    says.textContent = tooMany ? `選了 ${names.length} 個，一次最多 ${most} 個。請分幾次上傳。` : names.join("、");
    form.querySelector("button").disabled = tooMany;
  };
  input.addEventListener("change", tell);
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      tell();
    }
  });
}

if (document.querySelector("[data-drop]")) {
  // a file dropped beside the form would take the place of the page
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
}

for (const form of document.querySelectorAll("form[data-corrections]")) {
  let typed = false;
  form.addEventListener("input", () => {
    typed = true;
  });
  form.addEventListener("submit", () => {
    typed = false;
  });
  addEventListener("beforeunload", (event) => {
    if (typed) event.preventDefault();
  });
}
