// The vendored calendar calls itself a table, which it is not: it becomes one group. Its appointments are for pointers;
// the keyboard reaches them through the cursor, so that the calendar is one stop of the Tab key.
function fit(root) {
  for (const each of root.querySelectorAll("[role=row], [role=rowgroup], [role=cell], [role=columnheader]")) {
    each.removeAttribute("role");
    each.removeAttribute("aria-colindex");
    each.removeAttribute("aria-colspan");
  }
  for (const each of root.querySelectorAll("aside:not([role]), .ec-main > header:not([role])")) each.setAttribute("role", "presentation");
  for (const each of root.querySelectorAll(".ec-event[tabindex]")) {
    each.removeAttribute("tabindex");
    each.removeAttribute("role");
  }
  for (const each of root.querySelectorAll(".ec-header time[aria-label]")) each.removeAttribute("aria-label");
  for (const each of root.querySelectorAll(".ec-header span[aria-label]")) each.removeAttribute("aria-label");
}

export function fitRoles(root, label) {
  const group = root.querySelector(".ec");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label);
  root.querySelector(".ec-toolbar")?.remove();
  fit(root);
  new MutationObserver(() => fit(root)).observe(root, { childList: true, subtree: true, attributeFilter: ["role", "tabindex", "aria-label"] });
}
