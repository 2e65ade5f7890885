// In a row of radio buttons a letter chooses the answer that begins with it.
document.addEventListener("keydown", (event) => {
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const segments = event.target.closest?.(".segments");
  if (!segments || !event.target.matches("input[type=radio]")) return;
  const letter = event.key.toLocaleLowerCase();
  const label = [...segments.querySelectorAll("label")].find((each) =>
    each.textContent.trim().toLocaleLowerCase().startsWith(letter),
  );
  if (!label) return;
  event.preventDefault();
  // An answer is no shortcut, nor one for the page behind a dialog that it closes.
  event.stopImmediatePropagation();
  const radio = label.querySelector("input");
  radio.focus();
  radio.click();
});
