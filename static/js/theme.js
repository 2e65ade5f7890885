// Light or dark: follows the system until the person chooses with [data-theme-toggle].
import { remember } from "./storage.js";

const root = document.documentElement;
const systemDark = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches);

function label() {
  for (const toggle of document.querySelectorAll("[data-theme-toggle]")) {
    const text = toggle.querySelector("[data-theme-text]");
    if (text) text.textContent = isDark() ? toggle.dataset.light : toggle.dataset.dark;
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  root.dataset.theme = isDark() ? "light" : "dark";
  remember("theme", root.dataset.theme);
  label();
});
systemDark.addEventListener("change", label);
label();
