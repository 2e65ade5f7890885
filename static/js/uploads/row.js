// The line of one file: its name, how far it is, and its buttons.
import { Transfer } from "./transfer.js";
import { fill, Rate, size } from "./words.js";

export class Row {
  #words;
  #rate = new Rate();

  constructor(file, tray, { details, over }) {
    this.file = file;
    this.tray = tray;
    this.over = over;
    this.#words = tray.dataset;
    this.element = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
    this.find("name").textContent = file.name;
    this.bar = this.element.querySelector("progress");
    this.bar.setAttribute("aria-label", file.name);
    this.bar.max = Math.max(file.size, 1);
    this.#note(this.#words.textWaiting);
    this.find("pause").addEventListener("click", () => this.pause());
    this.find("resume").addEventListener("click", () => this.start());
    this.find("cancel").addEventListener("click", () => this.cancel());
    this.find("dismiss").addEventListener("click", () => this.#leave());
    const { uploads: endpoint, patient, csrf } = tray.dataset;
    this.transfer = new Transfer(file, { endpoint, patient, csrf, details, tell: this.#tell() });
  }

  find(name) {
    return this.element.querySelector(`[data-${name}]`);
  }

  problem() {
    if (this.file.size === 0) return this.#words.textEmpty;
    const limit = Number(this.#words.limit);
    return this.file.size > limit ? fill(this.#words.textLarge, { limit: size(limit) }) : "";
  }

  async start() {
    this.#running(true);
    this.#note(this.#words.textWaiting);
    await this.transfer.start();
    this.#hidePending();
  }

  async pause() {
    await this.transfer.pause();
    this.#running(false);
    this.#note(fill(this.#words.textPaused, this.#amounts()));
    this.find("resume").focus();
  }

  async cancel() {
    this.#leave();
    await this.transfer.cancel();
  }

  // The focus goes to the next file, or back to where files are chosen.
  #leave() {
    const next = this.element.nextElementSibling?.querySelector("button:not([hidden])");
    this.element.remove();
    (next ?? this.tray.querySelector("input[data-files][multiple]")).focus();
    this.over(this);
  }

  refuse(message) {
    this.#note(message, "danger");
    for (const name of ["pause", "resume", "cancel"]) this.find(name).hidden = true;
    this.find("dismiss").hidden = false;
    this.bar.hidden = true;
    this.over(this);
  }

  #tell() {
    return {
      progress: (sent) => this.#progressed(sent),
      lost: () => this.#note(fill(this.#words.textLost, this.#amounts()), "warning"),
      refused: (message) => this.refuse(message),
      signedOut: () => this.#halted(this.#words.textSignedOut),
      failed: () => this.#halted(this.#words.textFailed),
      arrived: (url) => this.#arrived(url),
    };
  }

  #progressed(sent) {
    this.#rate.note(sent);
    this.bar.value = sent;
    const { perSecond } = this.#rate;
    const parts = [fill(this.#words.textUploading, this.#amounts())];
    if (perSecond) parts.push(fill(this.#words.textRate, { rate: size(perSecond), left: this.#left((this.file.size - sent) / perSecond) }));
    this.#note(sent === this.file.size ? this.#words.textFinishing : parts.join(", "));
    this.#hidePending();
  }

  #left(seconds) {
    const isLong = seconds >= 90;
    return fill(isLong ? this.#words.textMinutes : this.#words.textSeconds, { n: Math.ceil(isLong ? seconds / 60 : seconds) });
  }

  #amounts() {
    return { sent: size(this.transfer.sent), size: size(this.file.size) };
  }

  #halted(text) {
    this.#running(false);
    this.#note(text, "warning");
    this.over(this);
  }

  #note(text, tone = "") {
    const note = this.find("note");
    if (note.textContent !== text) note.textContent = text;
    this.element.dataset.tone = tone;
  }

  #running(isRunning) {
    this.find("pause").hidden = !isRunning;
    this.find("resume").hidden = isRunning;
  }

  // The server's own line of this upload would say the same twice.
  #hidePending() {
    const { url } = this.transfer;
    const path = url && new URL(url, location.href).pathname;
    for (const each of document.querySelectorAll("[data-pending]")) if (each.dataset.pending === path) each.remove();
  }

  async #arrived(url) {
    this.#note(this.#words.textFinishing);
    this.find("pause").hidden = true;
    this.find("cancel").hidden = true;
    try {
      const answer = await fetch(`${url}/finish`, { method: "POST", headers: { "X-CSRFToken": this.#words.csrf, "HX-Request": "true" } });
      if (!answer.ok) return this.#halted(this.#words.textFailed);
      this.element.innerHTML = await answer.text();
      this.element.dataset.tone = "";
      htmx.process(this.element);
    } catch {
      return this.#halted(this.#words.textFailed);
    }
    htmx.trigger("#documents-list", "live");
    this.over(this);
  }
}
