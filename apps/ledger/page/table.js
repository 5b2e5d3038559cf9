// table.js - a table that is sorted by a click on its heads, filtered by the search, and whose rows
// open to show more.
"use strict";

// sortable({
//   name     what a row is, "holder"; the table's id is NAME-table
//   columns  [{title, value: row => what to sort by, cell: row => what to show, number: true}]
//   rows     all of them
//   by       the column to sort by at first; it goes down, or up with `up: true`
//   open     row => what to show below it when it is open; left out: rows do not open
//   none     what to say when there is no row
// })
// Returns {shown, filter}: the element, and what takes row => boolean and returns how many stayed.
function sortable({ name, columns, rows, by, up, open, none }) {
  const step = 100;
  let order = { column: by, up: up === true };
  let kept = rows;
  let room = step;
  const opened = new Set();

  const heads = columns.map((column, i) => element("th", { scope: "col", class: column.number && "number" },
    element("button", { type: "button", title: column.hint, onclick: () => sort(i) }, column.title)));
  const body = element("tbody");
  const more = element("button", { type: "button", class: "more", onclick: () => { room += 10 * step; draw(); } });
  const table = element("table", { id: `${name}-table` },
    element("thead", null, element("tr", null, open && element("th", { class: "opener" }), heads)), body);
  const shown = element("div", { class: "table" },
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table: ${name}s` }, table), more);

  function sort(column) {
    const text = !columns[column].number;
    order = { column, up: order.column === column ? !order.up : text };
    draw();
  }

  function compare(a, b) {
    if (a === b) return 0;
    if (a === null || a === undefined) return 1;  // what is not known comes last, up or down
    if (b === null || b === undefined) return -1;
    const less = typeof a === "string" ? a.localeCompare(b) : a - b;
    return order.up ? less : -less;
  }

  function lines_of(row) {
    const is_open = opened.has(row);
    const opener = open && element("td", { class: "opener" }, element("button", {
      type: "button", "aria-expanded": String(is_open), "aria-label": is_open ? "Show less" : "Show more",
      onclick: () => { is_open ? opened.delete(row) : opened.add(row); redraw(row); },
    }, is_open ? "▾" : "▸"));
    const line = element("tr", null, opener,
      columns.map((column) => element("td", { class: column.number && "number" }, column.cell(row))));
    if (!is_open) return [line];
    return [line, element("tr", { class: "opened" }, element("td", { colspan: columns.length + 1 }, open(row)))];
  }

  const lines = new Map();

  function redraw(row) {
    const old = lines.get(row);
    const made = lines_of(row);
    old[0].replaceWith(...made);
    old.slice(1).forEach((line) => line.remove());
    lines.set(row, made);
    made[0].querySelector(".opener button").focus({ preventScroll: true });
  }

  function draw() {
    const value = columns[order.column].value;
    const sorted = [...kept].sort((a, b) => compare(value(a), value(b)));
    heads.forEach((head, i) => head.setAttribute("aria-sort",
      i !== order.column ? "none" : order.up ? "ascending" : "descending"));
    lines.clear();
    for (const row of sorted.slice(0, room)) lines.set(row, lines_of(row));
    body.replaceChildren(...[...lines.values()].flat());
    if (kept.length === 0) {
      body.append(element("tr", null, element("td", { class: "nothing", colspan: columns.length + 1 },
        rows.length === 0 ? none : "Nothing here matches the search.")));
    }
    more.hidden = kept.length <= room;
    more.textContent = `Show ${number(Math.min(10 * step, kept.length - room))} more of ${number(kept.length)}`;
  }

  draw();
  return {
    shown,
    filter(stays) {
      kept = rows.filter(stays);
      room = step;
      draw();
      return kept.length;
    },
  };
}
