// What is like the text stands beside it: asked for anew after the page has saved itself, every ten seconds at most.
"use strict";

(() => {
  const form = document.getElementById("write");
  const said = document.getElementById("saved");
  const list = document.getElementById("similar");
  if (!form || !said || !list) return;
  let waits = 0;

  function look() {
    waits = 0;
    const address = form.dataset.save;
    if (/\/\d+\/write\/$/.test(address)) htmx.ajax("GET", address.replace(/write\/$/, "similar/"), { target: list });
  }

  new MutationObserver(() => {
    if (!waits) waits = setTimeout(look, 10000);
  }).observe(said, { childList: true, characterData: true, subtree: true });
})();
