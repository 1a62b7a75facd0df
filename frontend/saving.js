// The page saves itself three seconds after the last key, and says so. What could not be saved stays in this browser
// until it could: a lost network, a session that is over, a closed window cost no word.
const PAUSE = 3000; // after the last key
const AGAIN = 10000; // after a save that did not get through
const NOT_KEPT = new Set(["csrfmiddlewaretoken", "token", "version", "page", "turn", "editor", "files", "file"]);

// Keep a form saved. ``show(lines)`` tells what the server found in the text; ``restore()`` shows what was put into the
// form's fields, ``prepare(number)`` makes room for so many units before; ``uploads`` are the files on their way. Returns
// { typed, ready }: to be called after a change, and to save at once; it resolves to why no file can be added yet.
export function keepSaving(form, { show, restore, prepare, uploads }) {
  const said = document.getElementById("saved");
  const field = (name) => form.elements.namedItem(name);
  const [version, turn] = ["version", "turn"].map(field);
  const isNew = !form.dataset.upload;
  const account = `draft ${document.body.dataset.account}`;
  const unsaved = `${account} new `; // pages that the server has never seen, under their tokens
  let key = `${isNew ? unsaved : `${account} `}${field("token").value}`;
  let timer = 0;
  let changed = false;
  let saving = null; // the save that is under way
  let trouble = ""; // why the last one did not get through
  let stopped = false; // somebody saved a newer text elsewhere: nothing may overwrite it
  let leaving = false;
  let marked = false; // the text bears a mark of secrecy: nothing of it is kept, here neither

  // ---- What this browser keeps ----

  const typedFields = () =>
    [...form.elements].filter((box) => box.name && !NOT_KEPT.has(box.name) && !["submit", "button", "file"].includes(box.type));
  const state = (box) => (["checkbox", "radio"].includes(box.type) ? [box.name, box.value, box.checked] : [box.name, box.value]);
  const words = (fields) =>
    ["title", "body", "authors", "responsible", "caption", "joint"]
      .flatMap((name) => fields.filter(([of]) => of === name).map(([, value]) => value.replace(/\s/g, "")))
      .join("\n");

  function store(act) {
    try {
      return act(localStorage);
    } catch {
      return null; // no room or not allowed: the server is the first place anyway
    }
  }

  const keep = () =>
    !marked &&
    store((kept) => kept.setItem(key, JSON.stringify({ at: Date.now(), fields: typedFields().map(state) })));
  const forget = () => store((kept) => kept.removeItem(key));

  // What lies here for this page; for a new page also what other new pages left that were never saved.
  function offers() {
    for (const token of form.dataset.known.split(" ")) {
      // The server has that page by now: what it kept is offered there, if it is another text at all.
      store((kept) => {
        const left = token && kept.getItem(`${unsaved}${token}`);
        if (!left) return;
        kept.removeItem(`${unsaved}${token}`);
        if (!kept.getItem(`${account} ${token}`)) kept.setItem(`${account} ${token}`, left);
      });
    }
    const own = isNew ? (name) => name.startsWith(unsaved) : (name) => name === key;
    const names = store((kept) => Object.keys(kept).filter(own)) || [];
    const here = words(typedFields().map(state));
    return names
      .map((name) => ({ name, ...store((kept) => JSON.parse(kept.getItem(name))) }))
      .filter((kept) => kept.fields && words(kept.fields).trim() && words(kept.fields) !== here)
      .sort((one, other) => other.at - one.at);
  }

  function offer({ name, at, fields }) {
    const note = document.createElement("p");
    note.className = "note note-warn";
    const day = new Date(at);
    const title = (fields.find(([of]) => of === "title") || [])[1];
    note.append(
      `这台电脑上还有 ${day.getMonth() + 1}月${day.getDate()}日 ${day.toTimeString().slice(0, 5)} 没有来得及存的文字${title ? `《${title}》` : ""}。`,
    );
    const button = (text, look, act) => {
      const made = document.createElement("button");
      Object.assign(made, { type: "button", className: `btn ${look} btn-sm`, textContent: text });
      made.addEventListener("click", () => {
        note.remove();
        store((kept) => kept.removeItem(name));
        act();
      });
      note.append(made);
    };
    button("用它", "btn-plain", () => {
      put(fields);
      restore();
      typed();
    });
    button("不要了", "btn-quiet", () => undefined);
    form.before(note);
  }

  // Fields of a name are filled in their order; a row that is not there any more is left out.
  function put(fields) {
    prepare(fields.filter(([name]) => name === "joint").length);
    const boxes = new Map();
    for (const box of typedFields()) boxes.set(box.name, [...(boxes.get(box.name) || []), box]);
    for (const [name, value, checked] of fields) {
      const of = boxes.get(name) || [];
      if (checked === undefined) Object.assign(of.shift() || {}, { value });
      else for (const box of of.filter((one) => one.value === value)) box.checked = checked;
    }
  }

  // ---- Saving ----

  function typed() {
    changed = true;
    keep();
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  }

  function save() {
    if (!saving && !stopped && !leaving && changed) {
      saving = send().finally(() => {
        saving = null;
      });
    }
    return saving || Promise.resolve();
  }

  async function send() {
    changed = false;
    let again = PAUSE;
    try {
      let answer = await post();
      if (answer.status === 403 && (await freshToken())) answer = await post();
      if (answer.status === 401) {
        document.body.dispatchEvent(new Event("signed-out"));
        throw new Error("signed out");
      }
      const told = await answer.json();
      if (told.error) {
        stopped = Boolean(told.newer);
        trouble = "请先照页面上的提示改好，再传附件。";
        said.textContent = told.error;
        show([told.error], told.newer && form.dataset.save);
        marked = Boolean(told.marked);
        if (marked) forget();
        changed = true;
        again = 0;
      } else {
        trouble = "";
        marked = false;
        took(told);
      }
    } catch {
      said.textContent = "还没有存上，连上以后会再存；文字留在这台电脑上";
      trouble = "还没有连上服务器，请连上以后再传附件。";
      changed = true;
      again = AGAIN;
    }
    if (changed && again) {
      clearTimeout(timer);
      timer = setTimeout(save, again);
    }
  }

  function post() {
    turn.value = Number(turn.value) + 1; // so that a save that was long on its way never takes back a later one
    const text = new FormData(form);
    text.delete("files"); // they are sent by themselves
    return fetch(form.dataset.save, { method: "POST", body: text, headers: { "X-Autosave": "1", "HX-Request": "true" } });
  }

  // Somebody signed in again in another window: the form's token is of the old session.
  async function freshToken() {
    const page = await fetch(form.dataset.save, { headers: { "HX-Request": "true" } });
    const found = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(await page.text());
    if (found) form.querySelector("[name=csrfmiddlewaretoken]").value = found[1];
    return Boolean(found);
  }

  function took(told) {
    version.value = told.version;
    form.dataset.save = told.address;
    form.dataset.upload = told.upload;
    if (location.pathname !== told.address) history.replaceState(null, "", told.address);
    said.textContent = `${told.at} 已存到服务器`;
    show(told.warnings);
    document.querySelectorAll(".error-summary").forEach((old) => old.remove()); // what it said is mended
    forget();
    key = `${account} ${field("token").value}`;
    const unit = field("unit");
    if (unit.tagName === "SELECT") unit.disabled = true; // an item's unit is chosen once
    if (changed) keep();
  }

  // ---- Leaving ----

  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("submit", async (event) => {
    if (leaving) {
      event.preventDefault(); // pressed again
      return;
    }
    if (saving || uploads.pending()) {
      event.preventDefault();
      const { submitter } = event;
      said.textContent = uploads.pending() ? "附件传完就送出" : "正在存，存完就送出";
      leaving = true;
      await Promise.all([saving, uploads.done()]);
      leaving = false;
      if (!uploads.failed()) form.requestSubmit(submitter);
      return;
    }
    leaving = true;
    clearTimeout(timer);
    turn.value = Number(turn.value) + 1;
    keep();
    setTimeout(() => (leaving = false), 10000); // an answer that never came must not lock the page
  });
  window.addEventListener("online", save);
  document.addEventListener("visibilitychange", () => document.hidden && save());

  if (!isNew) store((kept) => kept.removeItem(`${unsaved}${field("token").value}`)); // the server has it by now
  if (!isNew && version.value === "0") forget(); // it was submitted from here, and came back
  offers().forEach(offer);
  return {
    typed,
    async ready() {
      await saving;
      if (!form.dataset.upload || changed) {
        changed = true;
        await save();
      }
      return trouble;
    },
  };
}
