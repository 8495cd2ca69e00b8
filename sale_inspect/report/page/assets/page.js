// Sorting of tables, by click or keyboard. Without this script the page reads the same.
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
