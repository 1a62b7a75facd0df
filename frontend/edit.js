// A text that the office changes, records or sends, in an editor or in a plain box. Without this script it is a plain
// form. Until the server has it, what was typed stays in this browser: a lost network, a session that is over, a closed
// window cost no word.
import { edit } from "./editor.js";
import * as kept from "./kept.js";

const form = document.getElementById("edit");
const told = document.getElementById("pasted");
const key = `${kept.account} ${form.dataset.kept}`;
let editor = null;
const marked = form.dataset.marked !== undefined; // of a text with a mark of secrecy nothing is kept, here neither
let changed = false;

function say(lines) {
  told.replaceChildren(...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
}

function typed() {
  changed = true;
  if (!marked) kept.keep(form, key);
}

if (document.getElementById("editor")) {
  editor = edit(form, {
    send: async () => {
      say(["这里不能加图片；要加图片，请退回单位添加。"]);
      return null;
    },
    say,
    changed: () => editor && typed(),
  });
}
form.addEventListener("input", typed);
form.addEventListener("change", typed);
form.addEventListener("submit", () => {
  changed = false;
});
window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
if (marked) kept.forget(key);
kept.offer(
  form,
  (name) => name === key,
  () => {
    if (editor) editor.set(form.elements.namedItem("html").value);
    typed();
  },
);
