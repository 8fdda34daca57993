// A field that a hardware scanner types into. Scanners send the separator FNC1 (GS, U+001D) as Ctrl+], as F8 or as the
// bare character; browsers drop all three, and two fields of a barcode would run together. Here it becomes a real U+001D.
const GS = "\u001d";

for (const field of document.querySelectorAll("input[data-scan], textarea[data-scan]")) {
  field.autocomplete = "off";
  field.spellcheck = false;
  field.addEventListener("keydown", (event) => {
    if (isSeparator(event)) {
      event.preventDefault();
      field.setRangeText(GS, field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (event.key === "Enter" && field.tagName === "TEXTAREA") {
      event.preventDefault();
      field.form?.requestSubmit();
    }
  });
}

function isSeparator(event) {
  if (event.key === GS || event.key === "F8") return true;
  return event.ctrlKey && !event.altKey && !event.metaKey && (event.key === "]" || event.code === "BracketRight");
}
