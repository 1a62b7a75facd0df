// The page saves itself three seconds after the last key, and says so. What could not be saved stays in this browser
// until it could: a lost network, a session that is over, a closed window cost no word.
import * as kept from "./kept.js";

const PAUSE = 3000; // after the last key
const AGAIN = 10000; // after a save that did not get through

// Keep a form saved. ``show(lines)`` tells what the server found in the text; ``restore()`` shows what was put into the
// form's fields, ``prepare(number)`` makes room for so many units before; ``uploads`` are the files on their way. Returns
// { typed, ready }: to be called after a change, and to save at once; it resolves to why no file can be added yet.
export function keepSaving(form, { show, restore, prepare, uploads }) {
  const said = document.getElementById("saved");
  const field = (name) => form.elements.namedItem(name);
  const [version, turn] = ["version", "turn"].map(field);
  const isNew = !form.dataset.upload;
  const unsaved = `${kept.account} new `; // pages that the server has never seen, under their tokens
  let key = `${isNew ? unsaved : `${kept.account} `}${field("token").value}`;
  let timer = 0;
  let changed = false;
  let saving = null; // the save that is under way
  let trouble = ""; // why the last one did not get through
  let stopped = false; // somebody saved a newer text elsewhere: nothing may overwrite it
  let leaving = false;
  let marked = false; // the text bears a mark of secrecy: nothing of it is kept, here neither

  // ---- What this browser keeps ----

  const keep = () => !marked && kept.keep(form, key);
  const forget = () => kept.forget(key);

  // What lies here for this page; for a new page also what other new pages left that were never saved.
  function offer() {
    // The server has those pages by now: what they kept is offered there, if it is another text at all.
    const known = isNew ? form.dataset.known.split(" ").filter(Boolean) : [field("token").value];
    for (const token of known) kept.rename(`${unsaved}${token}`, `${kept.account} ${token}`);
    const mine = isNew ? (name) => name.startsWith(unsaved) : (name) => name === key;
    const used = () => {
      restore();
      typed();
    };
    kept.offer(form, mine, used, prepare);
  }

  // ---- Saving ----

  function typed() {
    changed = true;
    keep();
    if (!form.dataset.upload) name();
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  }

  // The address of a page that was never saved names it, so that Back leads to what was saved while it was left.
  function name() {
    const address = new URL(location);
    if (address.searchParams.get("draft") === field("token").value) return;
    address.searchParams.set("draft", field("token").value);
    history.replaceState(null, "", address);
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
    key = `${kept.account} ${field("token").value}`;
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

  if (!isNew && version.value === "0") forget(); // it was submitted from here, and came back
  offer();
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
