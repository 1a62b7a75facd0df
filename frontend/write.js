// The writing page. Without this script it is a plain form, which does all of the same with a press of a button.
import { edit } from "./editor.js";
import { hang } from "./files.js";
import { joint } from "./joint.js";
import { keepSaving } from "./saving.js";

const form = document.getElementById("write");
const found = document.getElementById("found");
const pasted = document.getElementById("pasted");
const length = document.getElementById("length");

function rowsOf(lines, look) {
  return lines.map((line) => Object.assign(document.createElement("li"), { className: look, textContent: line }));
}

function show(lines, newer) {
  if (lines.length) found.replaceChildren(...rowsOf(lines, "is-warn"));
  else found.replaceChildren(...rowsOf(["标题和正文里没有发现密级标志和个人号码。"], "is-ok"));
  if (!newer) return;
  const row = document.createElement("li");
  row.append(Object.assign(document.createElement("a"), { href: newer, target: "_blank", textContent: "在新窗口里打开新的一稿" }));
  found.append(row);
}

function say(lines) {
  pasted.replaceChildren(...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
}

function count() {
  const number = [...form.elements.namedItem("body").value.replace(/\s/g, "")].length;
  length.textContent = `正文 ${number} 字。`;
  for (const limit of document.querySelectorAll("[data-most]")) {
    const most = Number(limit.dataset.most);
    limit.className = number > most ? "is-warn" : "is-ok";
    limit.querySelector("span").textContent = number > most ? `已超出 ${number - most} 字` : `还可以写 ${most - number} 字`;
  }
}

function searchThemes() {
  const search = document.getElementById("theme-search");
  if (!search) return;
  search.hidden = false;
  search.addEventListener("input", (event) => {
    event.stopPropagation(); // it is not part of the text
    const words = search.value.trim();
    for (const choice of document.querySelectorAll(".theme")) {
      choice.hidden = words !== "" && !choice.textContent.includes(words) && !choice.querySelector("input").checked;
    }
    for (const group of document.querySelectorAll(".theme-group")) {
      const shown = [...group.querySelectorAll(".theme")].some((choice) => !choice.hidden);
      group.hidden = !shown;
      if (words) group.open = shown;
    }
  });
  search.addEventListener("change", (event) => event.stopPropagation());
}

// The last report is called so, as long as its title ends as it was offered.
function nameFinal() {
  const [final, title] = ["final", "title"].map((name) => form.elements.namedItem(name));
  let was = "（续报）";
  if (!final) return;
  final.addEventListener("change", () => {
    const [ending] = /（(续报[^（）]*|终报)）$/.exec(title.value) || [];
    if (!ending) return;
    if (ending !== "（终报）") was = ending;
    title.value = title.value.slice(0, -ending.length) + (final.checked ? "（终报）" : was);
  });
}

// Enter in a box of one line is not the end of the text: from the title it leads into it.
form.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.key !== "Enter" || event.isComposing || box.tagName !== "INPUT" || ["submit", "file"].includes(box.type)) return;
  event.preventDefault();
  if (box.name === "title") document.getElementById("text").focus();
});

let editor = null;
let saving = null;
const changed = () => {
  count();
  saving.typed();
};
const { send, uploads } = hang(form, {
  ready: () => saving.ready(),
  changed,
  removed: (file) => editor.remove(file),
});
// The plain box is hidden now: what leads to it leads to the editor.
for (const link of document.querySelectorAll('a[href="#id_body"]')) link.href = "#text";
const prepare = joint(document.getElementById("shares"), changed);
const restore = () => editor.set(form.elements.namedItem("html").value);
editor = edit(form, { send, say, changed: () => saving && changed() });
saving = keepSaving(form, { show, restore, prepare, uploads });
searchThemes();
nameFinal();
form.addEventListener("input", count);
count();
