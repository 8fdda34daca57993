// Reads a code with the camera, or from a photo, into the field that a scanner would type into; nothing leaves this
// browser but what the form sends. The reader is our own copy (static/vendor); without a camera, typing is the same.
const EVERY_MS = 150;
const FORMATS = ["DataMatrix", "QRCode", "Code128", "EAN13"];

for (const box of document.querySelectorAll("[data-camera]")) {
  const field = document.getElementById(box.dataset.field);
  if (field && "ZXingWASM" in window) prepare(box, field);
}

function prepare(box, field) {
  const part = (name) => box.querySelector(`[data-camera-${name}]`);
  const [start, stop, view, said, photo] = ["start", "stop", "view", "said", "photo"].map(part);
  const video = view.querySelector("video");
  let stream = null;

  window.ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => box.dataset.wasm } });
  box.hidden = false;
  start.hidden = !navigator.mediaDevices?.getUserMedia;

  start.addEventListener("click", async () => {
    say("Hold the code in front of the camera.");
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
      });
    } catch (problem) {
      say(`The camera cannot be used (${problem.name}). Allow it in the browser, take a photo, or type the code.`);
      return;
    }
    video.srcObject = stream;
    view.hidden = false;
    start.hidden = true;
    await video.play();
    stop.focus();
    look();
  });
  stop.addEventListener("click", () => {
    halt();
    say("");
    field.focus();
  });
  photo.addEventListener("change", async () => {
    const file = photo.files[0];
    photo.value = "";
    if (!file) return;
    say("Reading the photo …");
    try {
      if (!take(await read(file))) say("There is no code in this photo that we can read. Go nearer, or type the code.");
    } catch {
      say("This photo cannot be read. Take another one, or type the code.");
    }
  });

  async function look() {
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    while (stream) {
      if (video.videoWidth) {
        canvas.width = video.videoWidth;
        canvas.height = video.videoHeight;
        pen.drawImage(video, 0, 0);
        try {
          if (take(await read(pen.getImageData(0, 0, canvas.width, canvas.height)))) return;
        } catch (problem) {
          halt();
          say(`The reader cannot be loaded (${problem.name}). Type the code.`);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  function take(results) {
    const found = results.find((result) => result.isValid);
    if (!found) return false;
    halt();
    // As a hardware scanner sends it: the symbology identifier, then the bytes with their separators.
    field.value = found.symbologyIdentifier + new TextDecoder().decode(found.bytes);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    say("The code is read.");
    field.form?.requestSubmit();
    return true;
  }

  function halt() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    view.hidden = true;
    start.hidden = !navigator.mediaDevices?.getUserMedia;
  }

  function say(words) {
    said.textContent = words;
  }
}

function read(picture) {
  return window.ZXingWASM.readBarcodes(picture, { formats: FORMATS, tryHarder: true, maxNumberOfSymbols: 1, textMode: "Plain" });
}
