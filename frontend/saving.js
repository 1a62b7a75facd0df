// The page saves itself three seconds after the last key, and says so. What could not be saved stays in this browser
// until it could: a lost network, a session that is over, a closed window cost no word.
const PAUSE = 3000; // after the last key
const AGAIN = 10000; // after a save that did not get through
const KEPT = ["title", "body", "html", "authors", "responsible"];

// Keep a form saved. ``show(lines)`` tells what the server found in the text; ``restore(html)`` fills the editor.
// Returns { typed, now }: to be called after a change, and to save at once (resolves to whether it is saved).
export function keepSaving(form, { show, restore }) {
  const said = document.getElementById("saved");
  const version = form.elements.namedItem("version");
  const key = `draft ${document.body.dataset.account} ${form.elements.namedItem("token").value}`;
  let timer = 0;
  let changed = false;
  let saving = null; // the save that is under way
  let stopped = false; // somebody saved a newer text elsewhere: nothing may overwrite it
  let leaving = false;

  const boxes = () => KEPT.map((name) => form.elements.namedItem(name));

  function keep() {
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), texts: boxes().map((box) => box.value) }));
    } catch {
      // no room or not allowed: the server is the first place anyway
    }
  }

  function forget() {
    try {
      localStorage.removeItem(key);
    } catch {
      // as above
    }
  }

  function offer() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(key));
    } catch {
      kept = null;
    }
    if (!kept || kept.texts.length !== KEPT.length || kept.texts.every((text, i) => text === boxes()[i].value)) return;
    const note = document.createElement("p");
    note.className = "note note-warn";
    const at = new Date(kept.at);
    note.append(`这台电脑上还有 ${at.getMonth() + 1}月${at.getDate()}日 ${at.toTimeString().slice(0, 5)} 没有来得及存的文字。`);
    const button = (text, look, act) => {
      const made = document.createElement("button");
      Object.assign(made, { type: "button", className: `btn ${look} btn-sm`, textContent: text });
      made.addEventListener("click", () => {
        note.remove();
        act();
      });
      note.append(made);
    };
    button("用它", "btn-plain", () => {
      boxes().forEach((box, i) => (box.value = kept.texts[i]));
      restore(kept.texts[KEPT.indexOf("html")]);
      typed();
    });
    button("不要了", "btn-quiet", forget);
    form.before(note);
  }

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
      const text = new FormData(form);
      text.delete("files"); // they are sent by themselves
      const answer = await fetch(form.dataset.save, {
        method: "POST",
        body: text,
        headers: { "X-Autosave": "1", "HX-Request": "true" },
      });
      if (answer.status === 401) {
        document.body.dispatchEvent(new Event("signed-out"));
        throw new Error("signed out");
      }
      const told = await answer.json();
      if (told.error) {
        stopped = answer.status === 409 && told.error.includes("另一个窗口");
        said.textContent = told.error;
        show([told.error]);
        changed = true;
        again = 0;
      } else {
        version.value = told.version;
        form.dataset.save = told.address;
        form.dataset.upload = told.upload;
        if (location.pathname !== told.address) history.replaceState(null, "", told.address);
        said.textContent = `${told.at} 已存到服务器`;
        show(told.warnings);
        if (!changed) forget();
      }
    } catch {
      said.textContent = "还没有存上，连上以后会再存；文字留在这台电脑上";
      changed = true;
      again = AGAIN;
    }
    if (changed && again) {
      clearTimeout(timer);
      timer = setTimeout(save, again);
    }
  }

  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("submit", (event) => {
    if (leaving) {
      event.preventDefault(); // pressed again
      return;
    }
    leaving = true;
    clearTimeout(timer);
    keep();
    setTimeout(() => (leaving = false), 10000); // an answer that never came must not lock the page
  });
  window.addEventListener("online", save);
  document.addEventListener("visibilitychange", () => document.hidden && save());
  offer();
  return {
    typed,
    async now() {
      await saving;
      changed = true;
      await save();
      return !changed && Boolean(form.dataset.upload);
    },
  };
}
