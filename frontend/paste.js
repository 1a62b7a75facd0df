// What comes from Word, WPS or a web page: headings, lists, tables, pictures and bold words stay; looks, links and
// objects go, and it is said what went.
import { picturesOf } from "./rtf.js";

const JUNK = "style, script, meta, link, title, xml, head, template, noscript";
const OBJECTS = "object, embed, iframe, video, audio, svg, canvas, math, input, select, textarea, button, form";
const LEVELS = { H1: "h2", H2: "h3", H3: "h4", H4: "h4", H5: "h4", H6: "h4" };
const LOOKS = /(^|;)\s*(color|background|font-family|font-size|text-align|text-indent|line-height|mso-ascii|mso-fareast)/i;
const BOLD = /(^|;)\s*font-weight\s*:\s*(bold|[6-9]00)/i;
const NUMBER = /^\(?(\d+|[a-z]|[ivx]+)[.)、．]$/i;
const CHINESE_NUMBER = /^[（(]?[〇一二三四五六七八九十百]+[)）、．.]$/; // of official documents: text, not a list

// A clean body, the pictures to be sent (in the order of its <img data-paste>), and what was dropped: label to number.
export function cleaned(html, rtf = "", files = []) {
  const body = new DOMParser().parseFromString(quiet(html), "text/html").body;
  const dropped = new Map();
  const drop = (label, number = 1) => number && dropped.set(label, (dropped.get(label) || 0) + number);
  body.querySelectorAll(JUNK).forEach((element) => element.remove());
  body.querySelectorAll(OBJECTS).forEach((element) => {
    drop("对象或控件");
    element.remove();
  });
  const pictures = placePictures(body, rtf, files, drop);
  for (const link of body.querySelectorAll("a[href]")) {
    if (!link.getAttribute("href").startsWith("#")) drop("链接（文字留着）");
  }
  const styled = [...body.querySelectorAll("[data-style]")];
  if (body.querySelector("font, center") || styled.some((element) => LOOKS.test(element.dataset.style))) drop("字体、颜色等样式");
  styled.filter((element) => BOLD.test(element.dataset.style)).forEach(embolden);
  headings(body);
  lists(body);
  empty(body);
  return { body, pictures, dropped };
}

// Styles as data, and no scripts: the policy of our pages lets none of others act, not even while they are read.
function quiet(html) {
  return html
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<(style|script)\b[\s\S]*?<\/\1\s*>/gi, "")
    .replace(/<[^<>]*>/g, (tag) =>
      tag.replace(/\s(style|on\w+)(\s*=)/gi, (_, name, is) => (/^style$/i.test(name) ? ` data-style${is}` : ` data-off${is}`)),
    );
}

function placePictures(body, rtf, files, drop) {
  const images = [...body.querySelectorAll("img")];
  const local = images.filter((image) => !/^(data:|https?:)/i.test(image.getAttribute("src") || ""));
  const carried = rtf ? picturesOf(rtf) : [];
  const offered = carried.length === local.length ? carried : files.filter((file) => /^image\/(png|jpeg)$/.test(file.type));
  const usable = offered.length === local.length ? offered : []; // a wrong picture is worse than none
  const pictures = [];
  for (const image of images) {
    const source = image.getAttribute("src") || "";
    const file = source.startsWith("data:") ? fromData(source, pictures.length + 1) : usable[local.indexOf(image)];
    if (!file) {
      drop("图片（没有带过来，请在下面“添加”里另传）");
      image.remove();
      continue;
    }
    const place = body.ownerDocument.createElement("img");
    place.setAttribute("data-paste", String(pictures.length));
    pictures.push(file);
    image.replaceWith(place);
  }
  return pictures;
}

function fromData(source, number) {
  const match = /^data:image\/(png|jpeg);base64,([A-Za-z0-9+/=\s]+)$/.exec(source);
  if (!match) return null;
  try {
    const bytes = Uint8Array.from(atob(match[2].replace(/\s/g, "")), (character) => character.charCodeAt(0));
    return new File([bytes], `粘贴的图片${number}.${match[1] === "png" ? "png" : "jpg"}`, { type: `image/${match[1]}` });
  } catch {
    return null;
  }
}

function headings(body) {
  for (const element of body.querySelectorAll("h1, h2, h3, h4, h5, h6, p.MsoTitle, p.MsoSubtitle")) {
    const level = LEVELS[element.tagName] || (element.classList.contains("MsoTitle") ? "h2" : "h3");
    rename(element, level);
  }
}

function embolden(element) {
  if (!/^(SPAN|FONT|B|I|U|EM)$/.test(element.tagName)) return;
  const strong = element.ownerDocument.createElement("strong");
  strong.append(...element.childNodes);
  element.append(strong);
}

function rename(element, tag) {
  const made = element.ownerDocument.createElement(tag);
  made.append(...element.childNodes);
  element.replaceWith(made);
  return made;
}

// Word writes a list as paragraphs with a level and a marker; numbers of official documents (一、（一）) stay text.
function lists(body) {
  let open = []; // the lists that are open now, outermost first
  let last = null;
  for (const paragraph of [...body.querySelectorAll("p")]) {
    const style = paragraph.dataset.style || "";
    const level = /mso-list:[^;]*level(\d)/i.exec(style);
    const ignored = paragraph.querySelector('[data-style*="mso-list:Ignore" i], [data-style*="mso-list: Ignore" i]');
    const marker = ignored ? ignored.textContent.replace(/[\s\u00a0]+/g, "") : "";
    if (!level || (marker && CHINESE_NUMBER.test(marker))) {
      if (ignored) ignored.replaceWith(marker);
      last = null;
      continue;
    }
    if (ignored) ignored.remove();
    if (!last || last !== previousElement(paragraph)) open = [];
    const depth = Math.min(Number(level[1]), open.length + 1);
    open = open.slice(0, depth);
    const tag = NUMBER.test(marker) ? "ol" : "ul";
    if (open.length < depth) {
      const list = body.ownerDocument.createElement(tag);
      if (open.length) open[open.length - 1].lastElementChild.append(list);
      else paragraph.before(list);
      open.push(list);
    }
    const item = body.ownerDocument.createElement("li");
    const text = body.ownerDocument.createElement("p");
    text.append(...paragraph.childNodes);
    item.append(text);
    open[depth - 1].append(item);
    paragraph.remove();
    last = open[0];
  }
}

function previousElement(element) {
  return element.previousElementSibling;
}

function empty(body) {
  for (const image of body.querySelectorAll("p > img, p > span > img")) image.closest("p").before(image);
  for (const paragraph of body.querySelectorAll("p, h2, h3, h4")) {
    if (paragraph.querySelector("img") || paragraph.closest("td, th, li")) continue;
    if (!paragraph.textContent.replace(/[\s\u00a0\u3000]/g, "")) paragraph.remove();
  }
  const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    node.data = node.data.replace(/\u00a0/g, " ");
    if (node === firstText(node.parentElement.closest("p, h2, h3, h4, li, td, th"))) {
      node.data = node.data.replace(/^[\s\u3000]+/, "");
    }
  }
}

function firstText(block) {
  if (!block) return null;
  const walker = block.ownerDocument.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  return walker.nextNode();
}
