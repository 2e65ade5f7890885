// Small preferences of this browser. Storage may be blocked: then they last as long as the page.
const memory = new Map();

export function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return memory.get(name) ?? null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    memory.set(name, value);
  }
}
