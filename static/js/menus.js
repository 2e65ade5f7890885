// Menus are details elements: one is open at a time, and a click elsewhere closes it.
function closeOthers(kept) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== kept) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeOthers(event.target.closest("details[data-menu]")));
document.addEventListener("focusin", (event) => closeOthers(event.target.closest("details[data-menu]")));

// A menu that would end below the window opens upwards, where there is room.
document.addEventListener(
  "toggle",
  ({ target: menu }) => {
    if (!menu.matches("details[data-menu]")) return;
    menu.classList.remove("is-up");
    const panel = menu.open && menu.querySelector(".menu-panel")?.getBoundingClientRect();
    if (panel && panel.bottom > innerHeight && panel.height < menu.getBoundingClientRect().top) menu.classList.add("is-up");
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu]");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.preventDefault();
  } else if (menu.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const items = [...menu.querySelectorAll(".menu-panel :is(a[href], button)")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = items.indexOf(document.activeElement) + step;
    items.at(next < 0 ? -1 : next % items.length)?.focus();
    event.preventDefault();
    event.stopImmediatePropagation();
  }
});
