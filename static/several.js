// Rows of a list that are ticked for one act: all of a page at once, and how many there are.
"use strict";

(() => {
  const several = document.getElementById("several");
  if (!several) return;
  const all = document.getElementById("all");
  const boxes = [...several.querySelectorAll("tbody input[type=checkbox]")];
  if (!boxes.length) {
    several.querySelector(".bulk").hidden = true; // merged pieces alone: nothing to choose
    return;
  }

  function tell() {
    const number = boxes.filter((box) => box.checked).length;
    document.getElementById("chosen").textContent = number ? `已选 ${number} 条` : "选中的";
    all.checked = number === boxes.length;
  }

  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  several.addEventListener("change", tell);
  tell(); // a page that the browser brings back keeps its ticks
})();
