// What is urgent is told on whatever page an editor has open, also behind other windows: in the title, by a bar on top,
// and by a sound where it was switched on. It asks every half minute, which keeps no session alive.
"use strict";

(() => {
  const bar = document.getElementById("urgent");
  const EVERY = 30; // seconds
  const title = document.title;
  const here = `${document.body.dataset.account} ${bar.dataset.ask}`;
  const KNOWN = `urgent known ${here}`; // what was told already, in whatever window
  const SOUND = `urgent sound ${here}`;
  let timer = 0;

  function stored(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(name)) ?? otherwise;
    } catch {
      return otherwise; // a browser that keeps nothing
    }
  }

  function store(name, value) {
    try {
      localStorage.setItem(name, JSON.stringify(value));
    } catch {
      // told again on the next page
    }
  }

  // ---- The sound: browsers let it out only once somebody has pressed something on the page ----

  let speaker = null;

  function ready() {
    if (!stored(SOUND, false) || !window.AudioContext) return;
    speaker = speaker || new AudioContext();
    speaker.resume();
  }

  function ring() {
    if (!stored(SOUND, false) || !speaker || speaker.state !== "running") return;
    for (const at of [0, 0.22]) {
      const tone = speaker.createOscillator();
      const loud = speaker.createGain();
      tone.frequency.value = at ? 660 : 880;
      loud.gain.setValueAtTime(0.2, speaker.currentTime + at);
      loud.gain.exponentialRampToValueAtTime(0.001, speaker.currentTime + at + 0.2);
      tone.connect(loud).connect(speaker.destination);
      tone.start(speaker.currentTime + at);
      tone.stop(speaker.currentTime + at + 0.2);
    }
  }

  const button = document.getElementById("urgent-sound");

  function tellSound() {
    const on = stored(SOUND, false);
    button.setAttribute("aria-pressed", String(on));
    button.textContent = `紧急信息响铃：${on ? "开" : "关"}`;
  }

  if (button && window.AudioContext) {
    button.hidden = false;
    button.addEventListener("click", () => {
      store(SOUND, !stored(SOUND, false));
      tellSound();
      ready();
      ring(); // so that one hears what it will be
    });
    tellSound();
  }
  for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, ready, { once: true });

  // ---- What waits ----

  const more = document.getElementById("urgent-more"); // above the queue, which stays as it is under somebody's hand
  let listed = null; // what the page came with

  // How many are newer than all of these. An answer has the newest alone: an older one may come into it later.
  function before(keys, these) {
    const at = keys.findIndex((key) => these.has(key));
    return at < 0 ? keys.length : at;
  }

  function show(told) {
    const keys = told.items.map((item) => item.key);
    listed = listed || new Set(keys);
    const since = before(keys, listed);
    if (more && since) {
      more.hidden = false;
      more.textContent = `又来了 ${since} 条紧急信息，重新列出`;
    }
    bar.hidden = told.number === "0";
    document.body.classList.toggle("is-urgent", !bar.hidden);
    document.getElementById("urgent-number").textContent = told.number;
    document.title = told.number === "0" ? title : `（紧急 ${told.number}）${title}`;
    const known = new Set(stored(KNOWN, []));
    const fresh = told.items.slice(0, before(keys, known));
    store(KNOWN, keys);
    if (!fresh.length) return;
    document.getElementById("urgent-said").textContent = fresh.slice(0, 3).map((item) => item.said).join("。");
    ring();
  }

  async function ask() {
    clearTimeout(timer);
    try {
      const answer = await fetch(bar.dataset.ask, { headers: { "X-Poll": "1", "HX-Request": "true" } });
      if (answer.status === 204 || answer.status === 404) return; // signed out, or no editor any more
      if (answer.status === 200) show(await answer.json());
    } catch {
      // no network: the next time
    }
    timer = setTimeout(ask, EVERY * 1000);
  }

  document.getElementById("again").addEventListener("close", ask); // signed in again
  document.addEventListener("visibilitychange", () => document.hidden || ask()); // timers sleep with the machine
  ask();

  // ---- The clocks of a page go on: as submissions/urgent.py says it ----

  function spoken(minutes) {
    const hours = Math.floor(minutes / 60);
    if (hours < 1) return `${minutes} 分`;
    return hours < 24 ? `${hours} 时 ${minutes % 60} 分` : `${Math.floor(hours / 24)} 天 ${hours % 24} 时`;
  }

  setInterval(() => {
    const since = Math.floor(performance.now() / 60000); // minutes since the page came
    for (const clock of document.querySelectorAll(".clock")) {
      const waited = Number(clock.dataset.waited) + since;
      const beyond = waited - Number(clock.dataset.within);
      clock.classList.toggle("is-late", beyond >= 0);
      clock.textContent = `已等 ${spoken(waited)}，${beyond >= 0 ? `超 ${spoken(beyond)}` : `还剩 ${spoken(-beyond)}`}`;
    }
  }, 10000);
})();
