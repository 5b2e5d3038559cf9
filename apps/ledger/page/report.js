// report.js - the report from top to bottom, the search, and the choice of an object.
"use strict";

// The dumps that the report is about: the last one is shown, all of them over time.
function head() {
  const lines = (dump, title) => element("dl", { class: "head" },
    fact(title, moment(dump.real_ms)),
    fact("program", element("code", null, dump.program)),
    fact("process", String(dump.pid), dump.forked_from !== null &&
      ` · child of ${dump.forked_from}${dump.forked_age === null ? "" : `, forked ${span(dump.forked_age)} before`}: references from before the fork are not known`),
    fact("settings", element("code", null, dump.settings || "none")),
    fact("holds", `${count_of(dump.objects, "object")}, ${count_of(dump.references, "reference")}`),
    fact("missed", dump.missed === 0 ? "nothing" : element("span", { class: "alarm" },
      `${count_of(dump.missed, "event")} not noted: references, births or deaths in a signal handler that met the ledger at work, or without memory`)));
  return element("section", { id: "head" },
    lines(last_dump, facts.dumps.length === 1 ? "dump of" : "last dump of"),
    facts.dumps.length > 1 && element("details", null,
      element("summary", null, `${count_of(facts.dumps.length - 1, "earlier dump")}, the first ${span((last_dump.real_ms - facts.dumps[0].real_ms) * 1e6)} before`),
      facts.dumps.slice(0, -1).map((dump, i) => lines(dump, `dump ${i + 1}, of`))));
}

const numeric = (title, value, hint) => ({ title, hint, number: true, value, cell: (row) => number(value(row)) });
const aged = (title, value, hint) => ({ title, hint, number: true, value, cell: (row) => span(value(row)) });
const type_column = { title: "Type", value: (row) => type_of(row), cell: (row) => element("span", { class: "type" }, breaking(type_of(row))) };
const holder_column = {
  title: "Holder", hint: "Tag and stack", cell: holder_cell,
  value: (row) => tag_text(row.tag) + (first_frame(row.stack) || ""),
};
const kind_column = { title: "Kind", value: (row) => facts.kinds[row.kind], cell: (row) => facts.kinds[row.kind] };

function threads_cell(threads) {
  if (threads.length === 0) return "–";
  const [first] = threads;
  return threads.length === 1 ? thread_text(first[0]) : `${thread_text(first[0])} and ${number(threads.length - 1)} more`;
}

function types_part() {
  const rows = facts.types.filter((type) => type.listed);
  const sampled = rows.some((type) => type.share > 1);
  return sortable({
    name: "type", rows, by: 1, none: "The last dump has no types.",
    columns: [
      { title: "Type", value: (row) => row.name, cell: (row) => [element("span", { class: "type" }, breaking(row.name)), row.share === 0 && element("span", { class: "dim" }, " not tracked")] },
      numeric("Alive", (row) => row.alive, "Tracked objects that are not dead"),
      ...(sampled ? [{ title: "Share", number: true, hint: "One object in so many is tracked", value: (row) => row.share, cell: (row) => (row.share === 0 ? "none" : `1 in ${number(row.share)}`) }] : []),
      numeric("Idle", (row) => row.idle, "Alive, and no reference to it"),
      numeric("References", (row) => row.references, "Noted references to tracked objects"),
      numeric("Existence", (row) => row.existence, "Of these: declared, nobody will put them"),
      numeric("Part known", (row) => row.part, "Objects tracked since after their birth: earlier references are not known"),
      aged("Oldest", (row) => row.oldest, "The oldest outstanding reference, existence references left out"),
      numeric("Born", (row) => row.born), numeric("Released", (row) => row.released),
      numeric("Gets", (row) => row.gets), numeric("Puts", (row) => row.puts),
      numeric("Refused", (row) => row.refused, "get_not_zero that came too late"),
      numeric("Resurrected", (row) => row.resurrected), numeric("Killed", (row) => row.killed),
    ],
  });
}

function holders_part(choose) {
  const grown = facts.dumps.length > 1;
  return sortable({
    name: "holder", rows: facts.holders.rows, by: 0, none: "The last dump has no references.",
    columns: [
      numeric("References", (row) => row.count),
      ...(grown ? [{ title: "Since first", number: true, hint: "Change since the first dump", value: (row) => row.count - row.first, cell: (row) => signed(row.count - row.first) }] : []),
      numeric("Objects", (row) => row.objects), type_column, holder_column, kind_column,
      { title: "Threads", value: (row) => (row.threads.length > 0 ? thread_text(row.threads[0][0]) : ""), cell: (row) => threads_cell(row.threads) },
      aged("Oldest", (row) => row.oldest), aged("Newest", (row) => row.newest),
    ],
    open: (row) => [
      stack_list(row.stack),
      element("p", null, "Threads: ", row.threads.map(([thread, n]) => `${thread_text(thread)} × ${number(n)}`).join(", ") || "none known",
        row.threads_left_out > 0 && `, ${number(row.threads_left_out)} more`),
      element("p", { class: "objects" }, "Objects: ", row.sample.map((object) => [object_button(object, choose), " "]),
        row.objects > row.sample.length && (row.sample.length === 0 ? "none of them is listed in this page" : `and ${number(row.objects - row.sample.length)} more`)),
    ],
  });
}

function signed(n) {
  return element("span", { class: n > 0 ? "grew" : n < 0 ? "shrank" : "dim" }, n > 0 ? `+${number(n)}` : n < 0 ? `−${number(-n)}` : "0");
}

function growth_part() {
  return sortable({
    name: "growth", rows: facts.growth.rows, by: 0, none: "No holder has more or fewer references than in the first dump.",
    columns: [
      { title: "Change", number: true, value: (row) => row.last - row.first, cell: (row) => signed(row.last - row.first) },
      numeric("First", (row) => row.first), numeric("Last", (row) => row.last), type_column, holder_column, kind_column,
    ],
    open: (row) => stack_list(row.stack),
  });
}

function objects_part(choose) {
  const rows = facts.objects.rows.map((row, i) => Object.assign(row, { index: i }));
  return sortable({
    name: "object", rows, by: 2, none: "The last dump has no objects.",
    columns: [
      type_column,
      { title: "Address", value: (row) => row.address.padStart(18), cell: (row) => element("button", { type: "button", class: "object", "data-object": row.index, onclick: () => choose(row.index) }, row.address) },
      { title: "References", number: true, hint: "Its own count, or what was noted when it has none", value: (row) => (row.count === null ? row.noted : row.count), cell: (row) => (row.count === null ? `${number(row.noted)} noted` : number(row.count)) },
      { title: "State", value: (row) => row.state, cell: (row) => row.state },
      aged("Oldest", (row) => row.oldest, "Its oldest outstanding reference, existence references left out"), aged("Age", (row) => row.born),
      numeric("Keeps", (row) => (keeps.get(row.index) || []).length), numeric("Kept by", (row) => (kept_by.get(row.index) || []).length),
      { title: "Cycle", value: (row) => (row.cycle === null ? 1 : 0), cell: (row) => row.cycle !== null && element("span", { class: "alarm" }, "in a cycle") },
      numeric("History", (row) => row.history.length + row.history_left_out, "Events kept"),
    ],
  });
}

function dead_part() {
  return sortable({
    name: "dead", rows: facts.dead.rows, by: 2, up: true, none: "No object that was released lately is remembered.",
    columns: [
      type_column,
      { title: "Address", value: (row) => row.address.padStart(18), cell: (row) => element("code", null, row.address) },
      aged("Died", (row) => row.died, "Before the dump"), aged("Lived", (row) => row.born - row.died),
      { title: "By", value: (row) => thread_text(row.died_thread), cell: (row) => thread_text(row.died_thread) },
      { title: "Where", value: (row) => first_frame(row.died_stack) || "", cell: (row) => element("code", null, first_frame(row.died_stack) || "") },
    ],
    open: (row) => [
      element("h3", null, "Released"), stack_list(row.died_stack),
      element("h3", null, `Born, ${span(row.born)} before the dump${by_thread(row.born_thread)}`), stack_list(row.born_stack),
    ],
  });
}

// All that the search filters, and the words of each row, made when first asked for.
function searched(parts, drawing) {
  const hits = document.getElementById("hits");
  const words = new Map();
  const words_of = (row, make) => {
    if (!words.has(row)) words.set(row, make(row));
    return words.get(row);
  };
  return (text) => {
    const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
    const stays = (all) => asked.every((word) => all.includes(word));
    const found = parts.map(({ name, part, rows, make }) => {
      const n = part.filter((row) => asked.length === 0 || stays(words_of(row, make)));
      return `${name} ${number(n)} of ${number(rows.length)}`;
    });
    drawing.search((all) => asked.length > 0 && stays(all));
    hits.textContent = asked.length === 0 ? "" : found.join(" · ");
  };
}

function start() {
  const panel = document.getElementById("details");
  let came_from = null;

  function close() {
    panel.hidden = true;
    document.body.classList.remove("with-details");
    drawing.chosen(null);
    if (location.hash.startsWith("#object-")) history.replaceState(null, "", "#objects");
    const again = came_from && document.querySelector(`[data-object="${came_from}"]`);
    if (again) again.focus({ preventScroll: true });
  }

  function choose(object) {
    came_from = String(object);
    panel.replaceChildren(...details(object, choose, close).flat(Infinity).filter((each) => each instanceof Node));
    panel.hidden = false;
    panel.scrollTop = 0;
    document.body.classList.add("with-details");
    drawing.chosen(object);
    panel.querySelector("h2").focus({ preventScroll: true });
    history.replaceState(null, "", `#object-${object}`);
  }

  function choose_by_address() {
    const wanted = /^#object-(\d+)$/.exec(location.hash);
    if (wanted && facts.objects.rows[wanted[1]]) choose(Number(wanted[1]));
  }

  const drawing = graph(choose);
  const types = types_part();
  const holders = holders_part(choose);
  const objects = objects_part(choose);
  const dead = dead_part();
  const growth = facts.growth && growth_part();
  const { left_out } = facts.holders;

  const parts = [
    { id: "types", title: "Types", content: [types.shown] },
    { id: "over-time", title: "Over time", content: [over_time()] },
    { id: "holders", title: "Holders", content: [
      note("References with the same type, stack, tag and kind are one row. A row opens to its whole stack."), holders.shown,
      left_out.groups > 0 && note(`Left out: ${count_of(left_out.groups, "smaller row")} with ${count_of(left_out.references, "reference")}.`)] },
    growth && { id: "growth", title: "Growth", content: [
      note(`What changed from the first dump to the last, ${span((last_dump.real_ms - facts.dumps[0].real_ms) * 1e6)} later.`), growth.shown,
      facts.growth.left_out > 0 && note(`Left out: ${count_of(facts.growth.left_out, "row")} that grew less.`)] },
    { id: "graph", title: "Who keeps whom alive", short: "Graph", content: drawing.content },
    { id: "objects", title: "Objects", content: [
      facts.objects.total > facts.objects.rows.length && note(`Listed: ${number(facts.objects.rows.length)} of ${count_of(facts.objects.total, "object")}: those in cycles, with a history, and with the most references, and what keeps them.`), objects.shown] },
    { id: "dead", title: "Lately dead", content: [dead.shown,
      facts.dead.left_out > 0 && note(`Left out: ${number(facts.dead.left_out)} that died earlier.`)] },
  ].filter(Boolean);

  document.title = `${last_dump.program.split("/").pop()} ${last_dump.pid} – Lastout ledger`;
  document.getElementById("sections").append(...parts.map(({ id, title, short }) => element("a", { href: `#${id}` }, short || title)));
  document.getElementById("report").append(head(), ...parts.map(({ id, title, content }) => section(id, title, content)));

  const search = searched([
    { name: "types", part: types, rows: facts.types.filter((type) => type.listed), make: (row) => row.name.toLowerCase() },
    { name: "holders", part: holders, rows: facts.holders.rows, make: words_of_holder },
    ...(growth ? [{ name: "growth", part: growth, rows: facts.growth.rows, make: words_of_holder }] : []),
    { name: "objects", part: objects, rows: facts.objects.rows, make: words_of_object },
    { name: "dead", part: dead, rows: facts.dead.rows, make: (row) => [row.address, type_of(row), ...frames_of(row.died_stack)].join("\n").toLowerCase() },
  ], drawing);
  const box_of_search = document.getElementById("search");
  box_of_search.addEventListener("input", () => search(box_of_search.value));
  addEventListener("hashchange", choose_by_address);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      box_of_search.focus();
    }
  });
  choose_by_address();
}

start();
