// Rows of a joint item's units: names offered as they are typed, one more row on request, the sum as it stands. Returns a
// function that makes as many rows for other units as there shall be at least.
export function joint(fieldset, changed) {
  const rows = () => [...fieldset.querySelectorAll(".share-row")];
  const names = document.getElementById("unit-names");
  const sum = document.getElementById("share-sum");
  let asked = 0;

  function total() {
    const shares = rows().map((row) => row.querySelector("[name=share]").value.trim());
    const others = rows().slice(1).filter((row) => row.querySelector("[name=joint]").value.trim());
    if (!others.length) sum.textContent = "";
    else if (shares.every((share) => !share)) sum.textContent = `${others.length + 1} 个单位平均分。`;
    else sum.textContent = `份额合计 ${Number(shares.reduce((all, share) => all + (Number(share) || 0), 0).toFixed(6))}，应当是 1。`;
  }

  async function offer(words) {
    asked += 1;
    const mine = asked;
    await new Promise((resolve) => setTimeout(resolve, 250));
    if (mine !== asked || words.trim().length < 1) return;
    const address = `${fieldset.dataset.names}?joint=${encodeURIComponent(words)}`;
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (!answer.ok || mine !== asked) return;
    names.replaceChildren(...(await answer.json()).map((name) => Object.assign(document.createElement("option"), { value: name })));
  }

  function button(text, act) {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", className: "btn btn-quiet btn-sm", textContent: text });
    made.addEventListener("click", () => {
      act();
      total();
      changed();
    });
    return made;
  }

  function dress(row) {
    row.append(
      button("移除", () => {
        row.remove();
        rows()[0].querySelector("[name=share]").focus();
      }),
    );
  }

  function more() {
    const made = document.getElementById("share-row").content.firstElementChild.cloneNode(true);
    made.querySelector("[name=joint]").setAttribute("aria-label", `第 ${rows().length} 个联合单位`);
    made.querySelector("[name=share]").setAttribute("aria-label", `第 ${rows().length} 个联合单位的份额`);
    dress(made);
    rows()[rows().length - 1].after(made);
    made.querySelector("[name=joint]").focus();
  }

  rows().slice(1).forEach(dress);
  fieldset.querySelector(".share-more").append(
    button("加一个单位", more),
    button("平均分", () => rows().forEach((row) => (row.querySelector("[name=share]").value = ""))),
  );
  fieldset.addEventListener("input", (event) => {
    if (event.target.name === "joint") offer(event.target.value).catch(() => undefined);
    total();
  });
  total();
  return (number) => {
    while (rows().length <= number) more();
  };
}
