// What this browser remembers of unfinished uploads, so that the same file continues after the laptop was closed.
// Kept: a fingerprint and the upload's address. Names of files tell about patients and are never kept.
const PREFIX = "clinic-upload:";

// cyrb53: spreads well and needs no secure context; it only has to tell one person's files apart.
function digest(text) {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (const character of text) {
    const code = character.codePointAt(0);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}

export function fingerprint(file, patient) {
  return digest([patient, file.name, file.type, file.size, file.lastModified].join("\u0000"));
}

const entries = () =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => ({ ...JSON.parse(localStorage.getItem(key)), urlStorageKey: key }));

// The interface tus-js-client wants of a store.
export const store = {
  async findAllUploads() {
    return entries();
  },
  async findUploadsByFingerprint(print) {
    return entries().filter((entry) => entry.urlStorageKey.startsWith(`${PREFIX}${print}:`));
  },
  async removeUpload(key) {
    localStorage.removeItem(key);
  },
  async addUpload(print, { size, uploadUrl, creationTime }) {
    const key = `${PREFIX}${print}:${Date.now()}`;
    localStorage.setItem(key, JSON.stringify({ size, uploadUrl, creationTime, metadata: {} }));
    return key;
  },
};
