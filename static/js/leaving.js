// What somebody typed is not thrown away without a question: not by Escape or a button that closes its dialog, not by
// a link that puts something else in its place, not by leaving the page, whichever way.
import { typedForms } from "./unsaved.js";

const question = () => document.getElementById("unsaved-question");
const shared = () => document.getElementById("shared-dialog");
const isAsked = (root) => typedForms().some((form) => root.contains(form));
let isLetGo = false;

/** Whether what was typed within `root` may go: at once when nothing was, else when the person says so. */
function mayGo(root) {
  const dialog = question();
  if (!dialog || !isAsked(root)) return Promise.resolve(true);
  if (!dialog.open) {
    dialog.returnValue = "";
    dialog.showModal();
    dialog.querySelector("[data-keep]").focus();
  }
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "discard"), { once: true });
  });
}

/** The page may be left from now on: what was typed is kept elsewhere. */
export function letGo() {
  isLetGo = true;
}

async function close(dialog) {
  if (await mayGo(dialog)) dialog.close();
}

question()?.addEventListener("click", (event) => {
  const answer = event.target.closest("[data-keep], [data-discard]");
  if (answer) question().close("discard" in answer.dataset ? "discard" : "");
});

// Chromium closes at the second Escape whatever the event says: the key itself is stopped.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || question()?.open || !shared()?.open || !isAsked(shared())) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  close(shared());
}, true);

// Other ways to say "close", such as the back gesture of a phone.
shared()?.addEventListener("cancel", (event) => {
  if (event.target !== shared() || !isAsked(shared())) return;
  event.preventDefault();
  close(shared());
});

document.addEventListener("click", (event) => {
  const closer = event.target.closest("dialog [data-dialog-close]");
  const dialog = closer?.closest("dialog");
  if (!dialog || dialog === question() || !isAsked(dialog)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  close(dialog);
}, true);

// A link that swaps something else in: asked once, and followed when it may.
document.addEventListener("htmx:confirm", (event) => {
  const { elt, target, verb, issueRequest } = event.detail;
  if (verb !== "get" || !elt.matches("a") || !target || !isAsked(target)) return;
  event.preventDefault();
  mayGo(target).then((may) => may && issueRequest(true));
});

// What is being sent is not lost; typed into again, or refused, it is.
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented || event.target.matches("[hx-post]")) event.target.dataset.sent = "";
});
document.addEventListener("input", (event) => delete event.target.form?.dataset.sent);
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.elt.closest?.("form");
  if (form && !detail.successful) delete form.dataset.sent;
});
// The server keeps the form that was sent when the session had ended.
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  if (detail.xhr.status === 401 && detail.elt.matches("form")) letGo();
});

addEventListener("beforeunload", (event) => {
  if (!isLetGo && typedForms().length) event.preventDefault();
});
addEventListener("pageshow", () => {
  isLetGo = false;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
