// Passing messages, and the alerts for requests that failed before the server could answer.
const SECONDS = 6;
const CARRIED = "toasts";
const texts = () => document.body.dataset;

/** Show `message`; tone "success" or "info" leaves by itself, the others stay until closed. A `subject` has one toast.
 *  An `action` {label, run} is a button in it. */
export function toast(message, tone = "success", subject = "", action = null) {
  if (subject) document.querySelector(`[data-toast="${subject}"]`)?.remove();
  const template = document.getElementById("toast-template");
  const element = template.content.firstElementChild.cloneNode(true);
  element.dataset.tone = tone;
  element.dataset.toast = subject;
  element.querySelector("p").textContent = message;
  if (action) element.querySelector("[data-toast-close]").before(button(action));
  const use = element.querySelector("use");
  const icon = { success: "check", info: "info" }[tone] ?? "alert";
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
  const dialog = document.querySelector("dialog[open] .dialog-alerts");
  (dialog ?? document.getElementById("toasts")).append(element);
  expire(element);
}

function button({ label, run }) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button is-small";
  element.textContent = label;
  element.addEventListener("click", run);
  return element;
}

function expire(element) {
  if (!["success", "info"].includes(element.dataset.tone)) return;
  const tick = () => {
    if (element.matches(":hover, :focus-within")) setTimeout(tick, 1000);
    else element.remove();
  };
  setTimeout(tick, SECONDS * 1000);
}

/** Go to another page of ours with the messages that stand on this one; storage keeps them no longer than that takes,
 *  and nobody's name. */
export function leaveFor(address) {
  try {
    const toasts = document.getElementById("toasts").cloneNode(true);
    for (const name of toasts.querySelectorAll("[data-person]")) name.remove();
    sessionStorage.setItem(CARRIED, toasts.innerHTML);
  } catch {
    // Without storage the page changes all the same.
  }
  location.assign(address);
}

function carried() {
  try {
    const html = sessionStorage.getItem(CARRIED) ?? "";
    sessionStorage.removeItem(CARRIED);
    return html;
  } catch {
    return "";
  }
}

document.getElementById("toasts").insertAdjacentHTML("beforeend", carried());
document.querySelectorAll("#toasts [data-toast]").forEach(expire);

// Toasts that came beside a swap.
document.addEventListener("htmx:oobAfterSwap", (event) => {
  const { target } = event.detail;
  if (target.id !== "toasts") return;
  // With the idiomorph extension the element that names the target comes too, around what it brings.
  const added = [...target.querySelectorAll("[data-toast]")].at(-1);
  if (!added) return;
  const { toast: subject } = added.dataset;
  const same = subject ? target.querySelectorAll(`[data-toast="${subject}"]`) : [];
  for (const older of same) if (older !== added) older.remove();
  expire(added);
});

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast], .alert").remove();
});

document.addEventListener("toast", (event) => {
  const { message, value, kind } = event.detail;
  toast(message ?? value, kind);
});

// An error of ours says where it goes (HX-Retarget); anything else from a server between is not swapped.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  const ours = detail.xhr.getResponseHeader("HX-Retarget");
  if (detail.xhr.status >= 500 && !ours) {
    detail.shouldSwap = false;
    toast(texts().textServer, "danger", "failure");
  }
  const dialog = document.querySelector("dialog[open] .dialog-alerts");
  if (dialog && detail.target?.id === "alerts") detail.target = dialog;
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb === "get") return;
  document.getElementById("alerts").replaceChildren();
  document.querySelectorAll(".dialog-alerts").forEach((region) => region.replaceChildren());
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.detail.requestConfig?.triggeringEvent?.type === "live") return;
    toast(texts().textNetwork, "danger", "failure");
  });
}
