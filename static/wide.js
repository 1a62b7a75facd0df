// A table wider than its frame: says that there is more, and on which side, as long as there is.
"use strict";

for (const frame of document.querySelectorAll(".wide-table")) {
  const hint = document.getElementById("wide-hint");

  function tell() {
    const left = frame.scrollWidth - frame.clientWidth - frame.scrollLeft;
    hint.hidden = frame.scrollWidth <= frame.clientWidth + 1;
    frame.parentElement.classList.toggle("has-more", left > 1);
  }

  frame.addEventListener("scroll", tell, { passive: true });
  window.addEventListener("resize", tell);
  tell();
}
