// Word files are sent one after another, each with its progress and its fate. Without this script one post takes all.
"use strict";

(() => {
  const form = document.getElementById("from-word");
  if (!form) return;
  const chooser = document.getElementById("id_files");
  const button = form.querySelector("button[type=submit]");
  const drop = form.querySelector(".drop");
  const list = document.querySelector("#fates .rows");
  const progress = document.getElementById("progress");
  const waiting = [];
  let busy = false;

  form.querySelector(".at-once").textContent = "几个一起选也可以";
  chooser.required = false;

  function row(text) {
    const made = document.createElement("li");
    made.textContent = text;
    return made;
  }

  // What the server says of one file; ``told`` hears how far it is.
  function send(file, told) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest(); // fetch tells nothing of what was sent
      const body = new FormData();
      for (const name of ["csrfmiddlewaretoken", "token", "unit"]) body.append(name, form.elements.namedItem(name).value);
      body.append("files", file, file.name);
      const began = Date.now();
      let sent = false;
      const clock = setInterval(() => sent && told(`正在读，已经 ${Math.round((Date.now() - began) / 1000)} 秒`), 1000);
      const end = (answer) => {
        clearInterval(clock);
        resolve(answer);
      };
      request.open("POST", form.action);
      request.setRequestHeader("HX-Request", "true");
      request.timeout = 180000;
      request.upload.addEventListener("progress", (event) => {
        sent = event.loaded === event.total;
        told(sent ? "正在读" : `已传 ${Math.floor((event.loaded / event.total) * 100)}%`);
      });
      request.addEventListener("load", () => {
        if (request.status !== 401) return end(request.status === 200 || request.status === 422 ? request.responseText : "");
        document.body.dispatchEvent(new Event("signed-out"));
        return end("<li>没有导入：登录过期了。请重新登录，再选一次</li>");
      });
      for (const failure of ["error", "timeout", "abort"]) request.addEventListener(failure, () => end(""));
      request.send(body);
    });
  }

  async function work() {
    busy = true;
    button.disabled = true;
    let done = 0;
    while (waiting.length) {
      const [file, place] = waiting.shift();
      progress.textContent = `第 ${(done += 1)} 个，还有 ${waiting.length} 个`;
      const answer = await send(file, (text) => (place.textContent = `${file.name}　${text}`));
      const read = new DOMParser().parseFromString(`<ul>${answer}</ul>`, "text/html").querySelector("li");
      if (read && read.className) place.replaceWith(read);
      else if (read) place.textContent = `${file.name}　${read.textContent}`;
      else place.replaceChildren(`${file.name}　没有导入：没有收到回答，可能网络断了。请再选一次，导入过的不会重复。`);
    }
    progress.textContent = `${done} 个文件都处理完了`;
    busy = false;
    button.disabled = false;
  }

  function take(files) {
    for (const file of files) {
      const place = row(`${file.name}　等着`);
      list.append(place);
      waiting.push([file, place]);
    }
    if (!files.length) return;
    document.getElementById("fates").hidden = false;
    if (!busy) work();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = [...chooser.files];
    if (!chosen.length) return chooser.click();
    chooser.value = "";
    return take(chosen);
  });
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => drop.classList.remove("is-over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
})();
