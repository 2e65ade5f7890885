// Everything a signed-in page does in the browser. Pages work without any of it.
import "./theme.js";
import "./submit.js";
import "./segments.js";
import "./menus.js";
import "./dialogs.js";
import "./focus.js";
import "./errors-focus.js";
import "./toasts.js";
import "./scanner.js";
import "./keyboard.js";
import "./rows.js";
import "./clocks.js";
import "./live.js";
import "./search.js";
import "./copy.js";
import "./uploads/loader.js";
import "./early.js";
