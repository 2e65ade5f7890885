// The filter of the day. Lines that do not match go at once, so that arrow down never lands on somebody else; the
// server's answer then brings those that had no room before.
const field = document.getElementById("today-q");
const form = document.getElementById("today-form");

const fold = (text) => text.normalize("NFKD").replace(/[\p{Mn}\p{Lm}'’ʼ`´]/gu, "").toLowerCase();
const words = () => fold(field.value).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

function narrow() {
  const answered = document.getElementById("today").dataset.typed;
  const typed = answered === field.value.trim() ? [] : words();
  for (const line of document.querySelectorAll("#today [data-text]")) {
    line.hidden = !typed.every((word) => line.dataset.text.includes(word));
  }
  unfold();
}

// While a search runs, the folded group with a match in it stands open; afterwards it is as the person left it.
function unfold() {
  const folded = document.querySelector("#today details.today-missed");
  if (!folded) return;
  const isMatch = Boolean(field.value.trim() && folded.querySelector("[data-row]:not([hidden])"));
  if (isMatch && !folded.open) {
    folded.open = true;
    folded.dataset.openedBySearch = "";
  } else if (!isMatch && "openedBySearch" in folded.dataset) {
    folded.open = false;
    delete folded.dataset.openedBySearch;
  }
}

const first = () => document.querySelector("#today [data-row]:not([hidden]) .row-link");

field.addEventListener("input", narrow);
document.addEventListener("htmx:afterSettle", narrow);

function showAll() {
  field.value = "";
  for (const select of form.querySelectorAll("select")) select.value = "0";
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[name=show_all]")) showAll();
}, true);

// Whoever was searched for is here now: the next one is looked for among all again.
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  if (detail.xhr.status < 400 && /\/check-in$/.test(detail.requestConfig.path)) field.value = "";
});

// Enter goes to the first match, as arrow down does.
form.addEventListener("submit", (event) => {
  const link = event.submitter?.name === "show_all" ? null : first();
  if (!link) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  link.focus();
}, true);

// A card that is scanned leads to its patient's line, where the day has one.
document.addEventListener("scan", (event) => {
  const code = event.detail.text.trim().toLowerCase();
  const line = [...document.querySelectorAll("#today [data-text]")].find((each) => each.dataset.text.split(" ").includes(code));
  const link = line?.querySelector(".row-link");
  if (!link) return;
  event.preventDefault();
  line.hidden = false;
  link.focus();
});

field.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !field.value) return;
  field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
