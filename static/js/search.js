// The search box: Enter opens the best match shown for what stands in the box. Who is faster than the matches, such as
// a scanner, sends the form: the server opens the chart when one patient is meant.
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
