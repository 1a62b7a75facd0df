// The drawer that explains a figure: focus goes into it when it opens, Escape closes it and returns to the figure.
// Without this script the same links open the same page with the drawer in it.
"use strict";

let cameFrom = null; // the address of the figure that opened the drawer

document.addEventListener("click", (event) => {
  const link = event.target.closest("#desk tbody a");
  if (link && !link.closest(".drawer")) cameFrom = link.getAttribute("href");
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "desk") return;
  const drawer = document.querySelector(".drawer");
  const figure = cameFrom && [...document.querySelectorAll("#desk tbody a")].find((a) => a.getAttribute("href") === cameFrom);
  if (drawer) drawer.focus({ preventScroll: true });
  else if (figure) figure.focus({ preventScroll: true });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const close = document.querySelector(".drawer-close");
  if (close) close.click();
});
