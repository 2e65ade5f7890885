// Runs before the first paint: marks that script is there and applies the colours the person chose.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch (error) {
    // Storage may be blocked; the system's choice then holds.
  }
})();
