// A button that copies the text of another element: <button data-copy="id" hidden>. Without this script it stays hidden.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const said = button.parentElement.querySelector("[role=status]");
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      if (said) said.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      if (said) said.textContent = "Press Ctrl+C to copy";
    }
  });
}
