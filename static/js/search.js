// The search box: Enter opens the best match shown for what stands in the box. A scanner is faster than the matches:
// then the form is sent, and the server opens the chart of an exact MRN.
const LONGEST = 100;
const form = document.getElementById("global-search");
const plain = (text) => text.trim().split(/\s+/).join(" ").slice(0, LONGEST);

form?.addEventListener("submit", (event) => {
  const shown = document.querySelector("#patient-results[data-typed], #quick-results > [data-typed]");
  if (event.submitter || shown?.dataset.typed !== plain(form.elements.q.value)) return;
  const best = shown.querySelector(".result, .row-link");
  if (!best) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  best.click();
});
