// What was sent lies with the office: what the writing page kept of it in this browser goes.
"use strict";

(() => {
  const { sent } = (document.querySelector("[data-sent]") || { dataset: {} }).dataset;
  if (!sent) return;
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith("draft ") && name.endsWith(sent)) localStorage.removeItem(name);
  } catch {
    // not allowed to keep anything: then nothing was kept
  }
})();
