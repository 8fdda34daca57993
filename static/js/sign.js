// The drawn signature: strokes go as JSON into a hidden field. Without this script a patient types the name instead.
import SignaturePad from "../vendor/signature_pad.min.js";

const ACROSS = 1000; // The pad's width in the units that are kept.

for (const pad of document.querySelectorAll("[data-pad]")) start(pad);
for (const form of document.querySelectorAll("form")) onceOnly(form);

function start(pad) {
  const canvas = pad.querySelector("canvas");
  const field = pad.querySelector("input[type=hidden]");
  const state = pad.querySelector("[role=status]");
  pad.hidden = false;
  const drawing = new SignaturePad(canvas, { minWidth: 1, maxWidth: 2.6, penColor: "#17252d", backgroundColor: "#fff" });
  canvas.classList.add("active");
  let width = 0;

  const fit = () => {
    const scale = Math.max(window.devicePixelRatio || 1, 1);
    if (!canvas.offsetWidth || canvas.offsetWidth === width) return;
    const strokes = drawing.toData();
    const factor = width ? canvas.offsetWidth / width : 1;
    width = canvas.offsetWidth;
    canvas.width = width * scale;
    canvas.height = canvas.offsetHeight * scale;
    canvas.getContext("2d").scale(scale, scale);
    drawing.clear();
    for (const stroke of strokes) for (const point of stroke.points) { point.x *= factor; point.y *= factor; }
    drawing.fromData(strokes);
  };

  const keep = () => {
    const strokes = drawing.toData().map((stroke) => stroke.points);
    const first = strokes.length ? strokes[0][0].time : 0;
    const kept = strokes.map((points) =>
      points.map((point) => [unit(point.x, width), unit(point.y, canvas.offsetHeight), Math.max(0, Math.round(point.time - first))]));
    field.value = kept.length ? JSON.stringify(kept) : "";
    state.textContent = kept.length ? state.dataset.drawn : state.dataset.empty;
  };

  // A finger that slides off the pad draws along its edge.
  const unit = (length, most) => Math.round((Math.min(Math.max(length, 0), most) * ACROSS) / width);

  drawing.addEventListener("endStroke", keep);
  pad.querySelector("[data-clear]").addEventListener("click", () => { drawing.clear(); keep(); canvas.focus(); });
  pad.querySelector("[data-undo]").addEventListener("click", () => {
    drawing.fromData(drawing.toData().slice(0, -1));
    keep();
  });
  new ResizeObserver(fit).observe(canvas);
  fit();
  recall(field.value);

  // What was drawn before an error in another field is still there.
  function recall(text) {
    if (!text) return;
    let strokes;
    try { strokes = JSON.parse(text); } catch { field.value = ""; return; }
    const begun = Date.now();
    drawing.fromData(strokes.map((points) => ({
      penColor: "#17252d", dotSize: 0, minWidth: 1, maxWidth: 2.6, velocityFilterWeight: 0.7, compositeOperation: "source-over",
      points: points.map(([x, y, t]) => ({ x: (x * width) / ACROSS, y: (y * width) / ACROSS, pressure: 0.5, time: begun + t })),
    })));
    keep();
  }
}

// A second press while the first is on its way changes nothing; the server would also take it only once.
function onceOnly(form) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button:not([type=button])")) setTimeout(() => { button.disabled = true; });
  });
  addEventListener("pageshow", () => {
    for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = false;
  });
}
