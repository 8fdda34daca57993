// A page that shows work going on looks again by itself, without being reloaded: what a person reads or holds stays.
const EVERY = 3000;

async function look() {
  const shown = document.querySelector("[data-working]");
  if (!shown) return;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-working]");
    if (answer.ok && !fresh) {
      location.reload();
      return;
    }
    if (answer.ok) shown.querySelector("[data-done]").replaceWith(fresh.querySelector("[data-done]"));
  } catch {
    // No connection just now: the next look may find one, and the link is there all the same.
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
