// Focus is never lost by a swap: it goes back to the same element, else to its row, else to the row now in its
// place, else to the heading of what was swapped.
const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
const ROW = ".row-link, .result";
let before = null;

function remember() {
  const active = document.activeElement;
  if (!active || active === document.body) return;
  const rows = active.closest("[data-rows]");
  const links = rows ? [...rows.querySelectorAll(ROW)] : [];
  const row = active.closest("tr, [data-row], .result");
  before = {
    element: active,
    ids: ancestorIds(active),
    key: active.dataset.key,
    rowsId: rows?.id,
    index: links.findIndex((link) => link === active || row?.contains(link)),
  };
}

function ancestorIds(element) {
  const ids = [];
  for (let each = element; each && each !== document.body; each = each.parentElement) {
    if (each.id && each.id !== "main") ids.push(each.id);
  }
  return ids;
}

function within(root, key) {
  if (root.matches(FOCUSABLE) && root.tabIndex >= 0) return root;
  return (
    (key && root.querySelector(`[data-key="${CSS.escape(key)}"]`)) ||
    root.querySelector(ROW) ||
    root.querySelector(FOCUSABLE)
  );
}

function replacement(memory) {
  const own = memory.element.id && document.getElementById(memory.element.id);
  if (own) return within(own);
  const rows = memory.rowsId && document.getElementById(memory.rowsId);
  const rowId = memory.ids.find((id) => rows && id !== memory.rowsId && rows.querySelector(`#${CSS.escape(id)}`));
  if (rowId) return within(document.getElementById(rowId), memory.key);
  if (rows && memory.index >= 0) {
    const links = rows.querySelectorAll(ROW);
    if (links.length) return links[Math.min(memory.index, links.length - 1)];
  }
  const nearest = memory.ids.map((id) => document.getElementById(id)).find(Boolean);
  return (nearest ?? document.getElementById("main")).querySelector("h1, h2, h3") ?? nearest;
}

function restore() {
  const lost = document.activeElement === document.body || document.activeElement === null;
  if (!lost || !before || before.element.isConnected) return;
  const heir = replacement(before) ?? document.getElementById("main");
  if (!heir.matches(FOCUSABLE)) heir.tabIndex = -1;
  heir.focus({ preventScroll: heir.id === "main" });
}

document.addEventListener("htmx:beforeSwap", remember);
document.addEventListener("htmx:oobBeforeSwap", remember);
document.addEventListener("htmx:afterSettle", (event) => {
  const summary = event.target.querySelector?.("[data-autofocus]");
  if (summary) summary.focus();
  else restore();
});
document.addEventListener("htmx:afterRequest", restore);

// Tabs keep their mark with the panel they loaded.
document.addEventListener("htmx:afterSwap", (event) => {
  const tab = event.detail.requestConfig?.elt?.closest?.(".tab");
  if (!tab) return;
  for (const each of tab.parentElement.children) each.removeAttribute("aria-current");
  tab.setAttribute("aria-current", "page");
});

// Morphing leaves what the person is doing: open menus stay open, a field being typed in keeps its text.
if (globalThis.Idiomorph) {
  const TEXT = "input:not([type=checkbox], [type=radio]), textarea, select";
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (node) =>
    !(node === document.activeElement && node.matches(TEXT));
  // What is open stays open, and a menu on the side to which it opened.
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
    !(name === "open" && node.matches("details, dialog")) && !(name === "class" && node.matches("details.is-up[open]"));
}
