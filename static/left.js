// How much may still be written into a box that has a most; the server refuses what is longer, nothing is cut.
"use strict";

(() => {
  const NEAR = 50; // characters before the end from which it is also said aloud

  function told(box) {
    if (box.toldLeft) return box.toldLeft;
    const left = document.createElement("p");
    left.className = "hint left";
    left.id = `${box.id}-left`;
    box.after(left);
    box.setAttribute("aria-describedby", `${box.getAttribute("aria-describedby") || ""} ${left.id}`.trim());
    box.toldLeft = left;
    return left;
  }

  function tell(box) {
    const length = [...box.value.trim()].length; // as the server counts
    const number = Number(box.dataset.most) - length;
    const left = told(box);
    left.setAttribute("aria-live", number < NEAR ? "polite" : "off");
    left.textContent = number < 0 ? `超出 ${-number} 字，请删减` : `还可写 ${number} 字`;
    left.classList.toggle("is-over", number < 0);
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-most]")) tell(event.target);
  });
  for (const box of document.querySelectorAll("textarea[data-most]")) tell(box);
})();
