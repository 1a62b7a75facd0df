// The page saves itself three seconds after the last key, and says so. What could not be saved stays in this browser
// until it could: a lost network, a session that is over, a closed window cost no word.
"use strict";

(() => {
  const form = document.getElementById("write");
  if (!form) return;
  const PAUSE = 3000; // after the last key
  const AGAIN = 10000; // after a save that did not get through
  const said = document.getElementById("saved");
  const found = document.getElementById("found");
  const length = document.getElementById("length");
  const body = form.elements.namedItem("body");
  const version = form.elements.namedItem("version");
  const token = form.elements.namedItem("token");
  const key = `draft ${document.body.dataset.account} ${token.value}`;
  let timer = 0;
  let changed = false;
  let saving = false;
  let stopped = false; // somebody saved a newer text elsewhere: nothing may overwrite it
  let leaving = false;

  const texts = () => ["title", "body", "authors", "responsible"].map((name) => form.elements.namedItem(name));

  function count() {
    length.textContent = `正文 ${[...body.value.replace(/\s/g, "")].length} 字。`;
  }

  function keep() {
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), texts: texts().map((box) => box.value) }));
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
    if (!kept || kept.texts.every((text, i) => text === texts()[i].value)) return;
    const note = document.createElement("p");
    note.className = "note note-warn";
    const at = new Date(kept.at);
    note.append(`这台电脑上还有 ${at.getMonth() + 1}月${at.getDate()}日 ${at.toTimeString().slice(0, 5)} 没有来得及存的文字。`);
    const take = document.createElement("button");
    take.type = "button";
    take.className = "btn btn-plain btn-sm";
    take.textContent = "用它";
    take.addEventListener("click", () => {
      texts().forEach((box, i) => (box.value = kept.texts[i]));
      note.remove();
      count();
      typed();
    });
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "btn btn-quiet btn-sm";
    drop.textContent = "不要了";
    drop.addEventListener("click", () => {
      forget();
      note.remove();
    });
    note.append(take, drop);
    form.before(note);
  }

  function typed() {
    changed = true;
    count();
    keep();
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  }

  function show(lines) {
    found.replaceChildren(
      ...lines.map((line) => {
        const row = document.createElement("li");
        row.className = "is-warn";
        row.textContent = line;
        return row;
      }),
    );
  }

  async function save() {
    if (saving || stopped || leaving || !changed) return;
    saving = true;
    changed = false;
    let again = PAUSE;
    try {
      const answer = await fetch(form.dataset.save, {
        method: "POST",
        body: new FormData(form),
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
        if (location.pathname !== told.address) history.replaceState(null, "", told.address);
        said.textContent = `${told.at} 已存到服务器`;
        show(told.warnings.length ? told.warnings : ["没有发现密级标志。"]);
        if (!changed) forget();
      }
    } catch {
      said.textContent = "还没有存上，连上以后会再存；文字留在这台电脑上";
      changed = true;
      again = AGAIN;
    } finally {
      saving = false;
      if (changed && again) {
        clearTimeout(timer);
        timer = setTimeout(save, again);
      }
    }
  }

  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("submit", (event) => {
    if (leaving) return event.preventDefault(); // pressed again
    leaving = true;
    clearTimeout(timer);
    keep();
    setTimeout(() => (leaving = false), 10000); // an answer that never came must not lock the page
    return undefined;
  });
  window.addEventListener("online", save);
  document.addEventListener("visibilitychange", () => document.hidden && save());
  count();
  offer();
})();
