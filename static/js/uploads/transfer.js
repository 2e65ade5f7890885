// One file on its way: tus-js-client, its retries, and what it does when the connection or the session is gone.
import { fingerprint, store } from "./memory.js";

const RETRIES = [0, 1000, 2000, 4000, 8000, 15_000, 20_000];
const SILENCE = 40_000;
const AGAIN = 15_000;
// Full, gone, refused: asking again changes nothing.
const FINAL = new Set([400, 403, 404, 410, 412, 413, 415, 422, 507]);

const answerOf = (error) => error?.originalResponse ?? null;

function messageOf(error) {
  try {
    return JSON.parse(answerOf(error).getBody()).message;
  } catch {
    return "";
  }
}

export class Transfer {
  #upload;
  #watch = 0;
  #again = 0;
  #isRunning = false;

  // tell: {progress(sent), lost(), refused(message), signedOut(), failed(), arrived(url)}
  constructor(file, { endpoint, patient, csrf, details, tell }) {
    this.tell = tell;
    this.sent = 0;
    this.#upload = new tus.Upload(file, {
      endpoint,
      retryDelays: RETRIES,
      headers: { "X-CSRFToken": csrf, Accept: "application/json" },
      metadata: { patient, filename: file.name, ...details },
      fingerprint: async () => fingerprint(file, patient),
      urlStorage: store,
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => !FINAL.has(answerOf(error)?.getStatus() ?? 0) && answerOf(error)?.getStatus() !== 401,
      onProgress: (sent) => this.#progressed(sent),
      onSuccess: () => this.#arrived(),
      onError: (error) => this.#failed(error),
    });
  }

  get url() {
    return this.#upload.url;
  }

  // Continues what this browser began earlier with the same file; returns whether there was something.
  async start() {
    this.#isRunning = true;
    if (!this.#upload.url) {
      const earlier = (await this.#upload.findPreviousUploads()).sort((a, b) => (a.creationTime < b.creationTime ? 1 : -1));
      if (earlier.length) this.#upload.resumeFromPreviousUpload(earlier[0]);
    }
    if (this.#isRunning) this.#go();
  }

  #go() {
    clearTimeout(this.#again);
    this.#listen();
    this.#upload.start();
  }

  async pause() {
    this.#stop();
    await this.#upload.abort();
  }

  async cancel() {
    this.#stop();
    try {
      await this.#upload.abort(Boolean(this.#upload.url));
    } catch {
      // The server forgets unfinished uploads by itself.
    }
  }

  #stop() {
    this.#isRunning = false;
    clearTimeout(this.#watch);
    clearTimeout(this.#again);
  }

  // A connection that died without a word (a closed laptop) is given up and begun anew.
  #listen() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(async () => {
      await this.#upload.abort();
      this.#lost();
    }, SILENCE);
  }

  #progressed(sent) {
    this.sent = sent;
    this.#listen();
    this.tell.progress(sent);
  }

  #arrived() {
    this.#stop();
    this.tell.arrived(this.#upload.url);
  }

  #failed(error) {
    const status = answerOf(error)?.getStatus() ?? 0;
    if (!this.#isRunning) return;
    if (status === 0 || status >= 500 ? status !== 507 : [409, 423, 460].includes(status)) {
      this.#lost();
    } else {
      this.#stop();
      if (status === 401) this.tell.signedOut();
      else if (messageOf(error)) this.tell.refused(messageOf(error));
      else this.tell.failed();
    }
  }

  #lost() {
    clearTimeout(this.#watch);
    this.tell.lost();
    this.#again = setTimeout(() => this.#isRunning && this.#go(), AGAIN);
    addEventListener("online", () => this.#isRunning && this.#go(), { once: true });
  }
}
