// The editor's queue by keyboard: J and K, X, Enter, A, R, Ctrl+Enter, U, Q. Every key has its button or link, and
// nothing here is needed without it. Keys can be switched off; none works while somebody types.
"use strict";

const keysOn = Boolean(document.querySelector(".keys kbd"));
const typing = (box) => box.matches("input:not([type=checkbox]), textarea, select, [contenteditable=true]");
const press = (selector) => {
  const found = document.querySelector(selector);
  if (found) found.click();
  return Boolean(found);
};

// ---- The list: one row is the current one ----

const rows = [...document.querySelectorAll(".queue tbody tr")];
const current = () => rows.find((row) => row.classList.contains("is-current"));

function go(step) {
  const at = rows.indexOf(current());
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  if (!next) return;
  if (current()) current().classList.remove("is-current");
  next.classList.add("is-current");
  next.querySelector("th a").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function choose() {
  const box = current() && current().querySelector("input[type=checkbox]");
  if (!box) return;
  box.click();
}

// ---- Reading and deciding ----

const decide = document.getElementById("decide");
const refuse = document.getElementById("refuse");
const here = document.querySelector(".desk-list .is-current");
if (here) here.scrollIntoView({ block: "center" });

function openReasons() {
  refuse.open = true;
  (refuse.querySelector(".reasons input") || document.getElementById("say")).focus();
}

// Confirms what is being done: the return that is being worded, else the acceptance.
function confirm() {
  if (!decide) return;
  const worded = refuse.open && (document.getElementById("say").value.trim() || refuse.querySelector(".reasons input:checked"));
  document.getElementById(worded ? "return" : "accept").click();
}

const KEYS = {
  j: () => (rows.length ? go(1) : press("#next")),
  k: () => (rows.length ? go(-1) : press("#previous")),
  x: choose,
  a: () => press("#accept"),
  r: () => refuse && openReasons(),
  u: () => press(".undo button"),
  q: () => press(".crumb"),
};

document.addEventListener("keydown", (event) => {
  if (!keysOn || event.isComposing || event.altKey || event.metaKey) return;
  if (event.ctrlKey) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    confirm();
    return;
  }
  const act = KEYS[event.key.toLowerCase()];
  if (!act || event.shiftKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  act();
});

// What was sent is not sent twice by an impatient press.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !event.target.matches("#decide, #several, .undo")) return;
  if (event.target.dataset.pressed) event.preventDefault();
  event.target.dataset.pressed = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-pressed]")) delete form.dataset.pressed;
});

// ---- The line that offers to undo ----

const undo = document.querySelector(".undo");
if (undo) {
  let left = Number(undo.dataset.seconds);
  const clock = setInterval(() => {
    left -= 1;
    if (left > 0) undo.querySelector(".undo-left").textContent = `${left} 秒以后告诉报送单位`;
    else {
      clearInterval(clock);
      undo.remove();
    }
  }, 1000);
}
