// Choosing another column sends its form at once; a day, which is typed in parts, waits for Enter or the button.
document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-submit-on-change]")) target.form.requestSubmit();
});
