// The session's end: a warning two minutes before, and signing in again on the same page, which keeps its text.
// Without this script a form sent too late waits behind the sign-in page (units/middleware.py).
"use strict";

(() => {
  const page = document.body.dataset;
  if (!page.account) return;
  const again = document.getElementById("again");
  const soon = document.getElementById("soon");
  const WARN = 120; // seconds before the end
  const TYPING = 300; // seconds after which typing counts as use
  let asked = Date.now();
  let timer = 0;

  async function ask(stay) {
    try {
      const answer = await fetch(page.session + (stay ? "?stay=1" : ""), { headers: stay ? {} : { "X-Poll": "1" } });
      const state = await answer.json();
      asked = Date.now();
      return state.account && state.account !== page.account ? 0 : state.left;
    } catch {
      return null; // no network: nothing is known, and nothing ends here
    }
  }

  async function look() {
    const left = await ask(false);
    if (left === null) return wait(30);
    if (left <= 0) return open();
    if (left > WARN) {
      if (soon.open) soon.close();
      return wait(left - WARN);
    }
    document.getElementById("soon-left").textContent = String(Math.max(1, Math.ceil(left / 60)));
    if (!soon.open) soon.showModal();
    return wait(Math.min(left, 15));
  }

  function wait(seconds) {
    clearTimeout(timer);
    timer = setTimeout(look, Math.min(seconds + 1, 3600) * 1000);
  }

  async function open() {
    clearTimeout(timer);
    if (soon.open) soon.close();
    if (again.open) return;
    again.showModal();
    await htmx.ajax("GET", `${page.again}?account=${encodeURIComponent(page.account)}`, "#again-body");
  }

  document.getElementById("soon-stay").addEventListener("click", async () => {
    await ask(true);
    soon.close();
    look();
  });
  soon.addEventListener("cancel", () => ask(true).then(look));
  again.addEventListener("cancel", (event) => event.preventDefault());

  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "again-body") return;
    const done = event.target.querySelector("[data-token]");
    if (done) {
      // Signing in gave out a new token; the page's own forms must bear it.
      document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => (input.value = done.dataset.token));
      again.close();
      look();
    } else {
      event.target.querySelector("#again-password")?.focus();
    }
  });
  document.body.addEventListener("signed-out", open); // a piece of the page was refused with 401
  document.addEventListener("input", () => {
    if (Date.now() - asked > TYPING * 1000) {
      asked = Date.now();
      ask(true).then(look);
    }
  });
  document.addEventListener("visibilitychange", () => document.hidden || look()); // timers sleep with the machine
  if (page.left) wait(Math.max(Number(page.left) - WARN, 0));
})();
