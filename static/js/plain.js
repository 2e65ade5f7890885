// Pages without sign-in.
import "./theme.js";
import "./submit.js";
import "./errors-focus.js";
