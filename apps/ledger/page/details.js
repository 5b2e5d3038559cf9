// details.js - all about one object: why it is alive, its references, its history.
"use strict";

// The way from an object to what holds it from outside, as page.cpp found it: nearest first.
function chain_of(object) {
  const chain = [object];
  for (let at = facts.objects.rows[object].keeper; at !== null && !chain.includes(at); at = facts.objects.rows[at].keeper) {
    chain.push(at);
  }
  return chain;
}

function reference_line(reference) {
  const [thread, age, stack, tag, kind, where, by, owner] = reference;
  return element("li", null,
    element("div", null,
      element("span", { class: "kind" }, facts.kinds[kind]), " ",
      tag !== null && element("span", { class: "tag" }, tag_text(tag)), `for ${span(age)}${by_thread(thread)}`,
      where !== null && [", handle at ", element("code", null, where)],
      by !== null && [", held by ", element("code", null, by)],
      by === null && owner !== null && [", owner ", element("code", null, owner), ", which is not tracked"]),
    stack !== null && element("details", null, element("summary", null, element("code", null, first_frame(stack) || "stack")), stack_list(stack)));
}

// What holds the last of the chain, which no listed object keeps.
function outside_of(object) {
  const row = facts.objects.rows[object];
  const outside = row.references.filter((reference) => reference[6] === null);
  if (row.outside > 0 && outside.length > 0) {
    return element("li", null, `held from outside by ${count_of(row.outside, "reference")}, the oldest:`,
      element("ul", { class: "references" }, reference_line(outside[0])));
  }
  if (row.outside > 0) return element("li", null, `held from outside by ${count_of(row.outside, "reference")}`);
  if (row.cycle !== null) return element("li", { class: "alarm" }, "which is in a cycle that nothing noted outside holds");
  if (row.noted > 0) return element("li", null, "whose keepers are not listed in this page");
  return element("li", null, row.state.startsWith("idle") ? "which nothing holds: it is idle" : "which nothing noted holds");
}

function why(object, choose) {
  const chain = chain_of(object);
  const links = chain.slice(1).map((keeper, i) => {
    const edge = (kept_by.get(chain[i]) || []).find(([from]) => from === keeper);
    return element("li", null, "kept by ", object_button(keeper, choose), edge && ` (${how_words(edge[2])})`);
  });
  const cycle = facts.objects.rows[object].cycle;
  const round = cycle !== null && facts.cycles.rows[cycle];
  return [
    element("ol", { class: "chain" }, element("li", null, element("strong", null, label_of(object))), links, outside_of(chain[chain.length - 1])),
    cycle !== null && element("p", { class: "alarm" }, round
      ? ["In a cycle: ", round.path.flatMap((each) => [object_button(each, choose), " → "]), round.path_left_out > 0 && `${number(round.path_left_out)} more → `, label_of(round.path[0])]
      : "In a cycle."),
  ];
}

function history_line([age, thread, stack, what, where]) {
  return element("li", null,
    element("div", null, element("strong", null, facts.deeds[what]), ` ${span(age)} ago${by_thread(thread)}`,
      where !== null && [", handle at ", element("code", null, where)]),
    stack !== null && element("details", null, element("summary", null, element("code", null, first_frame(stack) || "stack")), stack_list(stack)));
}

function fact(name, ...value) {
  return [element("dt", null, name), element("dd", null, value)];
}

// The panel's content for one object; `close` shuts it.
function details(object, choose, close) {
  const row = facts.objects.rows[object];
  return [
    element("header", null,
      element("h2", { tabindex: "-1" }, type_of(row)),
      element("button", { type: "button", class: "close", "aria-label": "Close", title: "Close (Escape)", onclick: close }, "✕")),
    element("dl", null,
      fact("address", element("code", null, row.address)),
      fact("state", row.state),
      fact("references", row.count === null ? `${number(row.noted)} noted; its own count cannot be asked` : `${number(row.count)} by its own count, ${number(row.noted)} noted`,
        !row.whole && " (tracked since after its birth: earlier ones are not known)"),
      row.born !== null && fact("born", `${span(row.born)} ago${by_thread(row.born_thread)}`)),
    row.born_stack !== null && element("details", null, element("summary", null, "Where it was born"), stack_list(row.born_stack)),
    element("h3", null, "Why it is alive"), why(object, choose),
    (keeps.get(object) || []).length > 0 && [
      element("h3", null, "What it keeps"),
      element("ul", { class: "plain" }, keeps.get(object).slice(0, 50).map(([, to, how]) =>
        element("li", null, object_button(to, choose), ` (${how_words(how)})`))),
      keeps.get(object).length > 50 && note(`${number(keeps.get(object).length - 50)} more.`),
    ],
    element("h3", null, "References, oldest first"),
    row.references.length === 0 ? note("None noted.") : element("ul", { class: "references" }, row.references.map(reference_line)),
    row.noted > row.references.length && note(`${number(row.noted - row.references.length)} more are left out.`),
    element("h3", null, "History, oldest first"),
    row.history.length === 0 ? note("None was kept. To keep one: history=N in LASTOUT_LEDGER, or a watch on this object.") : element("ol", { class: "history" }, row.history.map(history_line)),
    row.history_left_out > 0 && note(`${number(row.history_left_out)} earlier ones are left out.`),
  ];
}
