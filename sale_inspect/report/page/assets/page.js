// Sorting of tables, by click or keyboard, and finding a task. Without this script the page reads the same.
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  const first = [...body.rows];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      // Numbers begin with the greatest, texts with the first; a third click brings the page's own order back.
      const down = head.classList.contains("n") ? ["descending", "ascending"] : ["ascending", "descending"];
      const next = { none: down[0], [down[0]]: down[1], [down[1]]: "none" }[head.getAttribute("aria-sort")];
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", next);
      body.append(...(next === "none" ? first : sorted(first, column, next === "ascending" ? 1 : -1)));
    });
  });
}
function sorted(rows, column, sign) {
  const keyed = rows.map((row) => ({ row, key: row.cells[column].dataset.v }));
  const numeric = keyed.every(({ key }) => key === undefined || !Number.isNaN(number(key)));
  return keyed
    .sort((a, b) => {
      if (a.key === undefined || b.key === undefined) return (a.key === undefined) - (b.key === undefined);
      if (numeric) return sign * (number(a.key) - number(b.key) || 0);
      return sign * a.key.localeCompare(b.key, "en", { numeric: true });
    })
    .map(({ row }) => row);
}
function number(key) {
  return key === "inf" ? Infinity : key === "-inf" ? -Infinity : key.trim() === "" ? NaN : Number(key);
}
// Tasks by name, source or bin: rows that do not hold the words are hidden.
for (const table of document.querySelectorAll("#table-tasks")) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  label.className = "find";
  input.type = "search";
  label.append("Find a task", input);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
  table.parentElement.before(label);
}
// A link to a folded part, or to something in it, opens it.
function unfold() {
  const name = decodeURIComponent(location.hash.slice(1));
  const target = name === "" ? null : document.getElementById(name);
  if (target === null) return;
  const fold = target.closest("details") ?? target.querySelector(":scope > details");
  if (fold !== null) fold.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", unfold);
unfold();
