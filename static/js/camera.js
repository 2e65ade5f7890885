// A form[data-camera] takes a picture with the webcam: it becomes the file of the form's file field, as if chosen.
const EDGE = 720;
let stream = null;

const part = (form, name) => form.querySelector(`[data-camera-${name}]`);

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
}

async function start(form) {
  const video = part(form, "live");
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 1280 } } });
  } catch {
    part(form, "problem").hidden = false;
    return;
  }
  video.srcObject = stream;
  video.hidden = false;
  part(form, "problem").hidden = part(form, "taken").hidden = true;
  await video.play();
  label(form, "textTake");
}

function label(form, text) {
  const button = part(form, "start");
  button.querySelector("span").textContent = button.dataset[text];
}

async function take(form) {
  const video = part(form, "live");
  const side = Math.min(video.videoWidth, video.videoHeight);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = EDGE;
  const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  canvas.getContext("2d").drawImage(video, left, top, side, side, 0, 0, EDGE, EDGE);
  const picture = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  const files = new DataTransfer();
  files.items.add(new File([picture], "camera.jpg", { type: "image/jpeg" }));
  form.elements.file.files = files.files;
  stop();
  video.hidden = true;
  const shown = part(form, "taken");
  URL.revokeObjectURL(shown.src);
  shown.src = URL.createObjectURL(picture);
  shown.hidden = false;
  label(form, "textAgain");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-camera-start]");
  if (!button) return;
  const form = button.closest("form");
  if (stream) take(form);
  else start(form);
});

// The camera's light goes out with the dialog or the page.
document.addEventListener("close", stop, true);
document.addEventListener("close-dialog", stop);
addEventListener("pagehide", stop);
