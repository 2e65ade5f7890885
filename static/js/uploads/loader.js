// Loads what uploads need where there is a place to drop files; every other page goes without.
function look() {
  const tray = document.querySelector("[data-uploads]:not([data-ready])");
  if (!tray) return;
  tray.dataset.ready = "";
  import("./tray.js").then(({ start }) => start(tray));
}

look();
document.addEventListener("htmx:load", look);
