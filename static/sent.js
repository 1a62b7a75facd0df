// What was sent lies with the office: what a page kept of it in this browser goes.
"use strict";

(() => {
  const sent = new Set([...document.querySelectorAll("[data-sent]")].map((told) => told.dataset.sent).filter(Boolean));
  try {
    for (const name of Object.keys(localStorage))
      if (name.startsWith("draft ") && sent.has(name.split(" ").pop())) localStorage.removeItem(name);
  } catch {
    // not allowed to keep anything: then nothing was kept
  }
})();
