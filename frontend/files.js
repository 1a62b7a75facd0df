// Files of the page: each is sent at once, with its progress, and becomes a row with its caption.

// ``ready()`` resolves to why no file can be sent yet, or to nothing. Returns { send, uploads }: send(file) uploads one and
// resolves to what the server says of it, or to null where it was refused; uploads tell what is on its way.
export function hang(form, { ready, changed, removed }) {
  const list = document.getElementById("files");
  const row = document.getElementById("file-row");
  const chooser = form.elements.namedItem("files");
  const field = form.querySelector("input[name=csrfmiddlewaretoken]");

  const said = document.getElementById("files-said");
  const underWay = new Set();
  let refused = false; // since somebody last asked to send the form

  function send(file) {
    const sending = upload(file).finally(() => underWay.delete(sending));
    underWay.add(sending);
    return sending;
  }

  async function upload(file) {
    const waiting = document.createElement("li");
    waiting.className = "file-row";
    waiting.textContent = `${file.name}　正在传`;
    list.append(waiting);
    try {
      const trouble = await ready();
      if (trouble) throw new Error(trouble);
      const told = await post(file, (part) => (waiting.textContent = `${file.name}　已传 ${part}%`));
      if (told.error) throw new Error(told.error);
      waiting.remove();
      if (!document.getElementById(`file-${told.id}`)) add(told);
      told.warnings.forEach((line) => say(line, "note note-warn"));
      changed();
      return told;
    } catch (error) {
      waiting.remove();
      refused = true;
      say(error.message, "note note-stop");
      return null;
    }
  }

  function say(line, look) {
    said.append(Object.assign(document.createElement("p"), { className: look, textContent: line }));
  }

  function post(file, progress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch tells nothing of what was sent
      const body = new FormData();
      body.append("csrfmiddlewaretoken", field.value);
      body.append("file", file, file.name);
      request.open("POST", form.dataset.upload);
      request.setRequestHeader("HX-Request", "true");
      request.responseType = "json";
      request.timeout = 300000;
      request.upload.addEventListener("progress", (event) => progress(Math.floor((event.loaded / event.total) * 100)));
      request.addEventListener("load", () => {
        if (request.status === 401) document.body.dispatchEvent(new Event("signed-out"));
        if (request.response) resolve(request.response);
        else reject(new Error(`《${file.name}》没有传上来，请再选一次。`));
      });
      for (const failure of ["error", "timeout", "abort"]) {
        request.addEventListener(failure, () => reject(new Error(`《${file.name}》没有传上来，网络断了，请再选一次。`)));
      }
      request.send(body);
    });
  }

  function add(told) {
    const made = row.content.firstElementChild.cloneNode(true);
    made.id = `file-${told.id}`;
    made.dataset.address = told.address;
    made.querySelector("[name=file]").value = told.id;
    const caption = made.querySelector("[name=caption]");
    caption.id = `caption-${told.id}`;
    caption.placeholder = told.picture ? "写一句说明：时间、地点、在做什么" : "说明（可以不写）";
    const label = made.querySelector("label");
    label.htmlFor = caption.id;
    label.textContent = `${told.name}　${told.size}`;
    const [picture, kind] = [made.querySelector("img"), made.querySelector("span.thumb")];
    if (told.picture) picture.src = told.address;
    else kind.textContent = told.kind;
    (told.picture ? kind : picture).remove();
    dress(made);
    list.append(made);
  }

  // Where a script runs a button removes a row at once, instead of a box that is ticked for the next save.
  function dress(made) {
    const drop = made.querySelector(".file-drop");
    const button = document.createElement("button");
    const name = made.querySelector("label").textContent;
    Object.assign(button, { type: "button", className: "btn btn-quiet btn-sm", textContent: "移除" });
    button.setAttribute("aria-label", `移除 ${name}`);
    button.addEventListener("click", () => {
      removed(Number(made.querySelector("[name=file]").value));
      made.remove();
      chooser.focus();
      changed();
    });
    drop.replaceWith(button);
  }

  list.querySelectorAll(".file-row").forEach(dress);
  chooser.addEventListener("change", async () => {
    const chosen = [...chooser.files];
    said.replaceChildren();
    chooser.value = "";
    for (const file of chosen) await send(file);
  });
  const uploads = {
    pending: () => underWay.size,
    async done() {
      refused = false;
      while (underWay.size) await Promise.all(underWay);
    },
    failed: () => refused,
  };
  return { send, uploads };
}
