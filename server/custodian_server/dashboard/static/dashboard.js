// What pages do beside their forms and links. Without it every page still works.
"use strict";

// Filters show their rows as soon as one is chosen.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form.filter");
  if (form && event.target.matches("select")) form.requestSubmit();
});

// Ages grow while a page stays open; the exact time is in each element.
const age = (at) => {
  const minutes = Math.max(0, Math.floor((Date.now() - at) / 60000));
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}h ${minutes % 60}m` : `${minutes}m`;
};
const MINUTE = 60000;
setInterval(() => {
  for (const each of document.querySelectorAll("td.num time, table.hosts time")) {
    each.textContent = age(Date.parse(each.dateTime));
  }
}, MINUTE);

// An open row stays open when its repo is told anew.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (target.querySelector("details[open]")) {
    fragment.querySelector("details")?.setAttribute("open", "");
  }
});
