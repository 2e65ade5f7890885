// A button with data-copy="#field" copies the field's text and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.querySelector(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Not a secure address: the text is selected, and the person's own copy key works.
    return;
  }
  button.querySelector("span").textContent = button.dataset.copied;
});
