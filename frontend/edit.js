// An editor's change of a text that was received. Without this script it is a plain form.
import { edit } from "./editor.js";

const form = document.getElementById("edit");
const told = document.getElementById("pasted");
let changed = false;

function say(lines) {
  told.replaceChildren(...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
}

edit(form, {
  send: async () => {
    say(["改稿时不能加图片；要加图片，请退回单位添加。"]);
    return null;
  },
  say,
  changed: () => {
    changed = true;
  },
});
form.addEventListener("input", () => {
  changed = true;
});
form.addEventListener("submit", () => {
  changed = false;
});
window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
