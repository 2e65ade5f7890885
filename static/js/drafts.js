// A request told that the session is over. The page leaves for the sign-in, but first what was typed into it is kept:
// the server fills it in again after signing in. A form that was sent is kept already.
import { letGo } from "./leaving.js";
import { unsavedForms } from "./unsaved.js";

async function leave(form, signIn) {
  const fields = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  let target = signIn;
  try {
    const answer = await fetch(document.body.dataset.drafts, { method: "POST", body: fields });
    if (answer.status === 204) return;
    target = answer.headers.get("HX-Redirect") ?? signIn;
  } catch {
    // Without the server there is nothing to keep it; the sign-in says so.
  }
  letGo();
  location.assign(target);
}

let isLeaving = false;

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (xhr.status !== 401) return;
  const form = unsavedForms().find((each) => each.elements.draft_of);
  if (!form || requestConfig.elt === form) return;
  event.preventDefault();
  if (isLeaving) return;
  isLeaving = true;
  leave(form, xhr.getResponseHeader("HX-Redirect"));
});
