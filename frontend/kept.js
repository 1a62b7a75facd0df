// What was typed into a form and is not saved yet stays in this browser, under a key, and is offered when it comes back.
const NOT_KEPT = new Set(["csrfmiddlewaretoken", "token", "version", "page", "turn", "number", "editor", "files", "file"]);
const WORDS = ["title", "body", "authors", "responsible", "caption", "joint", "units", "note", "brief"];
const OF_SOURCES = new Set(["source", "share", "drop"]); // beside each item that a piece is made of

// All keys begin so: nobody else who uses this computer is offered anything.
export const account = `draft ${document.body.dataset.account}`;

export function store(act) {
  try {
    return act(localStorage);
  } catch {
    return null; // no room or not allowed: the server is the first place anyway
  }
}

const boxes = (form) =>
  [...form.elements].filter((box) => box.name && !NOT_KEPT.has(box.name) && !["submit", "button", "file"].includes(box.type));
const state = (box) => (["checkbox", "radio"].includes(box.type) ? [box.name, box.value, box.checked] : [box.name, box.value]);
const words = (fields) =>
  WORDS.flatMap((name) => fields.filter(([of]) => of === name).map(([, value]) => value.replace(/\s/g, ""))).join("\n");

export const keep = (form, key) =>
  store((kept) => kept.setItem(key, JSON.stringify({ at: Date.now(), fields: boxes(form).map(state) })));
export const forget = (key) => store((kept) => kept.removeItem(key));

// A page has another key by now; what lies under that already is the newer one.
export const rename = (key, now) =>
  store((kept) => {
    const left = kept.getItem(key);
    kept.removeItem(key);
    if (left && !kept.getItem(now)) kept.setItem(now, left);
  });

// Fields of a name are filled in their order; a row that is not there any more is left out.
// What was typed beside other items than the form's belongs to those.
function put(form, fields, prepare) {
  const sources = (all) => all.filter(([of]) => of === "source").join();
  const same = sources(fields) === sources(boxes(form).map(state));
  prepare(fields.filter(([name]) => name === "joint").length);
  const named = new Map();
  for (const box of boxes(form)) named.set(box.name, [...(named.get(box.name) || []), box]);
  for (const [name, value, checked] of fields) {
    if (!same && OF_SOURCES.has(name)) continue;
    const of = named.get(name) || [];
    if (checked === undefined) Object.assign(of.shift() || {}, { value });
    else for (const box of of.filter((one) => one.value === value)) box.checked = checked;
  }
}

// Offer what lies under the keys that ``mine`` names, the newest first, where it says something else than the form.
// ``prepare(number)`` makes room for so many units before it is put in, ``used()`` is called after.
// What says the same was saved and is not kept any longer, but where the page tells that it was not.
export function offer(form, mine, used, prepare = () => undefined) {
  form.autocomplete = "off"; // on Back the browser would fill the boxes after us, and no editor
  const refused = document.querySelector(".error-summary");
  const here = words(boxes(form).map(state));
  (store((kept) => Object.keys(kept).filter(mine)) || [])
    .map((name) => ({ name, ...store((kept) => JSON.parse(kept.getItem(name))) }))
    .filter(({ name, fields }) => (fields && words(fields).trim() && words(fields) !== here) || (refused ? false : forget(name)))
    .sort((one, other) => other.at - one.at)
    .forEach((kept) => {
      history.scrollRestoration = "manual"; // on Back, too, the page begins with what is offered
      form.before(
        note(kept, () => {
          put(form, kept.fields, prepare);
          used();
        }),
      );
    });
}

function note({ name, at, fields }, use) {
  const told = document.createElement("p");
  told.className = "note note-warn";
  const day = new Date(at);
  const title = (fields.find(([of]) => of === "title") || [])[1];
  told.append(
    `这台电脑上还有 ${day.getMonth() + 1}月${day.getDate()}日 ${day.toTimeString().slice(0, 5)} 没有来得及存的文字${title ? `《${title}》` : ""}。`,
  );
  const button = (text, look, act) => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", className: `btn ${look} btn-sm`, textContent: text });
    made.addEventListener("click", () => {
      told.remove();
      forget(name);
      act();
    });
    told.append(made);
  };
  button("用它", "btn-plain", use);
  button("不要了", "btn-quiet", () => undefined);
  return told;
}
