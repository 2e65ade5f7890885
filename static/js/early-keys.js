// Runs before the page is ready: keeps the keys that are pressed meanwhile, so that nobody has to wait for a page.
// early.js plays them back.
(function () {
  var pressed = [];
  var FIELD = "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range])";

  function keep(event) {
    var isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
    var isKey = (event.key.length === 1 && event.key !== " ") || /^Arrow(Up|Down)$/.test(event.key);
    if (!event.isTrusted || !isPlain || !isKey || event.target.matches(FIELD)) return;
    event.preventDefault();
    pressed.push({ target: event.target, key: event.key, code: event.code, shiftKey: event.shiftKey, at: event.timeStamp });
  }

  addEventListener("keydown", keep, true);
  window.earlyKeys = function () {
    removeEventListener("keydown", keep, true);
    return pressed;
  };
})();
