// Arrow keys, Home and End move through the rows of [data-rows]; left and right through the columns of
// [data-columns]. Enter follows the row's link, as links do.
const ROW = ".row-link, .result";
const KEYS = ["ArrowDown", "ArrowUp", "Home", "End", "ArrowLeft", "ArrowRight"];

const BELOW_TOPBAR = 60;

// What a filter hides or a folded group holds is passed over.
const links = (rows) => [...rows.querySelectorAll(ROW)].filter((link) => !link.closest("[hidden], details:not([open])"));

function indexOf(list, element) {
  const row = element.closest("tr, [data-row], .result");
  return list.findIndex((link) => link === element || row?.contains(link));
}

function go(link) {
  link?.focus();
  link?.closest("tr, [data-row], .result")?.scrollIntoView({ block: "nearest" });
  return Boolean(link);
}

// The search field of a list, or of all columns it is one of.
function searchOf(rows) {
  const ids = [rows.id, rows.closest("[data-columns]")?.id].filter(Boolean);
  return ids.map((id) => document.querySelector(`input[aria-controls="${id}"]`)).find(Boolean);
}

function vertical(rows, target, key) {
  const list = links(rows);
  const at = indexOf(list, target);
  if (key === "Home") return go(list[0]);
  if (key === "End") return go(list.at(-1));
  if (key === "ArrowUp" && at === 0 && searchOf(rows)) return go(searchOf(rows));
  return go(list[key === "ArrowDown" ? at + 1 : Math.max(at - 1, 0)]);
}

function sideways(rows, target, key) {
  const columns = rows.closest("[data-columns]");
  if (!columns) return false;
  const step = (key === "ArrowRight") === (document.dir !== "rtl") ? 1 : -1;
  const all = [...columns.querySelectorAll("[data-rows]")];
  const at = indexOf(links(rows), target);
  for (let i = all.indexOf(rows) + step; all[i]; i += step) {
    const list = links(all[i]);
    if (list.length) return go(list[Math.min(at, list.length - 1)]);
  }
  return false;
}

function enter(key) {
  if (key !== "ArrowDown" && key !== "ArrowUp") return false;
  const visible = [...document.querySelectorAll("#main [data-rows]")].flatMap(links);
  return go(visible.find((link) => link.getBoundingClientRect().top > BELOW_TOPBAR));
}

function moved(target, key) {
  if (target.matches("input[aria-controls]")) {
    const rows = document.getElementById(target.getAttribute("aria-controls"));
    return key === "ArrowDown" && rows?.matches("[data-rows], [data-columns]") && go(links(rows)[0]);
  }
  if (target.matches("input, select, textarea, [contenteditable]")) return false;
  const rows = target.closest("[data-rows]");
  if (rows) return key.endsWith("Left") || key.endsWith("Right") ? sideways(rows, target, key) : vertical(rows, target, key);
  return target.matches("body, main, h1") && !document.querySelector("dialog[open]") && enter(key);
}

document.addEventListener("keydown", (event) => {
  if (!KEYS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.target instanceof Element && moved(event.target, event.key)) event.preventDefault();
});
