// The place where files are dropped, chosen or photographed. Two files travel at a time, the others wait.
import { Row } from "./row.js";

const AT_ONCE = 2;

function loadTus(address) {
  if (window.tus) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

export async function start(tray) {
  try {
    await loadTus(tray.dataset.tus);
  } catch {
    // The plain form stays; with the next part of the page it is tried again.
    delete tray.dataset.ready;
    return;
  }
  const form = tray.querySelector("form");
  const waiting = [];
  const travelling = new Set();

  function next() {
    while (waiting.length && travelling.size < AT_ONCE) {
      const row = waiting.shift();
      travelling.add(row);
      row.start();
    }
  }

  function over(row) {
    travelling.delete(row);
    if (waiting.includes(row)) waiting.splice(waiting.indexOf(row), 1);
    next();
  }

  function details(isOnly) {
    const { category, documented_on: date, title } = form.elements;
    return { category: category.value, date: date.value, ...(isOnly && title.value ? { title: title.value } : {}) };
  }

  function add(files) {
    for (const file of files) {
      const row = new Row(file, tray, { details: details(files.length === 1), over });
      tray.querySelector("#upload-rows").append(row.element);
      const problem = row.problem();
      if (problem) row.refuse(problem);
      else waiting.push(row);
    }
    form.elements.title.value = "";
    next();
  }

  tray.classList.add("is-live");
  for (const input of tray.querySelectorAll("input[data-files]")) {
    input.addEventListener("change", () => {
      add([...input.files]);
      input.value = "";
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  dropping(tray, add);
  addEventListener("beforeunload", (event) => {
    if (tray.isConnected && travelling.size) event.preventDefault();
  });
}

function dropping(tray, add) {
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!hasFiles(event) || !tray.isConnected) return;
      event.preventDefault();
      tray.classList.add("is-over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) tray.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event) || !tray.isConnected) return;
    event.preventDefault();
    tray.classList.remove("is-over");
    add([...event.dataTransfer.files].filter((file) => file.size || file.type));
  });
}
