// graph.js - who keeps whom alive: an arrow goes from the object that keeps to the one that is kept.
// Cycles are red. A big dump is not drawn whole: what is left out is said.
"use strict";

const room_for_nodes = 200;
const cycles_at_first = 20;
const box = { width: 196, height: 42, across: 64, down: 14 };

const keeps = new Map();    // object -> edges that leave it
const kept_by = new Map();  // object -> edges that arrive
for (const edge of facts.edges) {
  for (const [map, key] of [[keeps, edge[0]], [kept_by, edge[1]]]) {
    if (!map.has(key)) map.set(key, []);
    map.get(key).push(edge);
  }
}

const edge_words = ["a handle inside", "declared as owner", "declared by the type"];

function how_words(how) {
  return edge_words.filter((_, bit) => how & (1 << bit)).join(", ");
}

function in_one_cycle([from, to]) {
  const cycle = facts.objects.rows[from].cycle;
  return cycle !== null && cycle === facts.objects.rows[to].cycle;
}

// Objects reached from some, nearest first, no more than there is room for.
function reached(begin, next) {
  const seen = new Set(begin);
  for (const object of seen) {
    for (const other of next(object)) {
      if (seen.size >= room_for_nodes) return seen;
      seen.add(other);
    }
  }
  return seen;
}

const keepers_of = (object) => (kept_by.get(object) || []).map(([from]) => from);
const kept_of = (object) => (keeps.get(object) || []).map(([, to]) => to);

// What may be drawn: a title, and which objects that is.
function scopes(chosen) {
  const rows = facts.objects.rows;
  const linked = rows.map((_, i) => i).filter((i) => keeps.has(i) || kept_by.has(i));
  const cyclic = linked.filter((i) => rows[i].cycle !== null);
  const all = [];
  if (linked.length > 0) {
    all.push({ name: "all", title: "every object that keeps or is kept", objects: linked });
  }
  if (cyclic.length > 0) {
    all.push({ name: "cycles", title: "cycles and what keeps them",
      objects: [...reached(cyclic.slice(0, room_for_nodes), keepers_of), ...cyclic.slice(room_for_nodes)] });
  }
  if (chosen !== null && (keeps.has(chosen) || kept_by.has(chosen))) {
    all.push({ name: "chosen", title: `what keeps ${label_of(chosen)}, and what it keeps`,
      objects: [...new Set([...reached([chosen], keepers_of), ...kept_of(chosen)])] });
  }
  return all;
}

// graph(choose) - `choose` is called with an object that was clicked. Returns the section's content
// and what to call when the choice or the search changes.
function graph(choose) {
  let chosen = null;
  let wanted = null;  // the scope that was asked for; null: the best there is
  let matches = () => false;
  const picker = element("select", { onchange: (event) => { wanted = event.target.value; draw(); } });
  const summary = element("p", { class: "note", id: "graph-note" });
  const canvas = drawn("svg", { id: "graph-drawing", role: "group", "aria-label": "Who keeps whom alive" });

  function best(all) {
    const by_name = (name) => all.find((scope) => scope.name === name);
    if (by_name(wanted)) return by_name(wanted);
    const whole = by_name("all");
    const usual = whole.objects.length <= room_for_nodes ? whole : by_name("cycles") || whole;
    const out_of_sight = chosen !== null && !usual.objects.slice(0, room_for_nodes).includes(chosen);
    return (out_of_sight && by_name("chosen")) || usual;
  }

  // Brings the chosen box into the part of the drawing that is in sight; the page stays where it is.
  function show_chosen() {
    const frame = canvas.parentElement;
    const its_box = canvas.querySelector(".box.chosen");
    if (!frame || !its_box) return;
    const [outer, inner] = [frame, its_box].map((each) => each.getBoundingClientRect());
    if (inner.left < outer.left || inner.right > outer.right) frame.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
    if (inner.top < outer.top || inner.bottom > outer.bottom) frame.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }

  function draw() {
    const all = scopes(chosen);
    if (all.length === 0) return;
    const scope = best(all);
    picker.replaceChildren(...all.map(({ name, title, objects }) =>
      element("option", { value: name, selected: name === scope.name }, `${title} (${number(objects.length)})`)));

    const shown = scope.objects.slice(0, room_for_nodes);
    const place = new Map(shown.map((object, i) => [object, i]));
    const edges = facts.edges.filter(([from, to]) => place.has(from) && place.has(to));
    const laid = layered(shown.length, edges.map(([from, to]) => [place.get(from), place.get(to)]), box);

    const margin = 10;
    const size = [laid.width + 2 * margin, laid.height + 2 * margin + 4];
    canvas.setAttribute("viewBox", `${-margin} ${-margin} ${size.join(" ")}`);
    canvas.setAttribute("width", size[0]);
    canvas.setAttribute("height", size[1]);
    const red = edges.map(in_one_cycle);
    const order = edges.map((_, i) => i).sort((a, b) => red[a] - red[b]);  // red ones on top
    canvas.replaceChildren(arrowheads(),
      ...order.map((i) => drawn_edge(edges[i], laid.edges[i], place, laid.nodes, red[i])),
      ...shown.map((object, i) => drawn_box(object, laid.nodes[i])));

    const left_out = facts.objects.total - facts.objects.rows.length;
    summary.textContent = [
      `Drawn: ${count_of(shown.length, "object")}, ${count_of(edges.length, "arrow")}.`,
      scope.objects.length > shown.length && `Of this choice ${number(scope.objects.length - shown.length)} more are left out: a drawing holds ${room_for_nodes}.`,
      shown.length < facts.objects.rows.length && `${count_of(facts.objects.rows.length - shown.length, "listed object")} not drawn.`,
      left_out > 0 && `${count_of(left_out, "object")} of the dump not in this page.`,
      facts.edges_left_out > 0 && `${count_of(facts.edges_left_out, "arrow")} not in this page.`,
    ].filter(Boolean).join(" ");
  }

  function arrowheads() {
    return drawn("defs", null, ["plain", "red"].map((name) =>
      drawn("marker", { id: `arrow-${name}`, class: name, viewBox: "0 0 8 8", refX: 7.5, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" },
        drawn("path", { d: "M0,0 L8,4 L0,8 z" }))));
  }

  // Arrows to the right are at the upper half of a box, those back at the lower half: a cycle of two
  // shows both.
  function drawn_edge([from, to, how], { points, back }, place, nodes, red) {
    const a = nodes[place.get(from)], b = nodes[place.get(to)];
    const classes = ["edge", red && "red", (how & 1) === 0 && "declared"].filter(Boolean).join(" ");
    const port = back ? box.height * 0.72 : box.height * 0.34;
    let path;
    if (from === to) {
      const right = a.x + box.width;
      path = `M${right},${a.y + 12} C${right + 40},${a.y - 4} ${right + 40},${a.y + box.height + 4} ${right},${a.y + box.height - 12}`;
    } else {
      const begin = { x: back ? a.x : a.x + box.width, y: a.y + port };
      const end = { x: back ? b.x + box.width : b.x, y: b.y + port };
      const way = [begin, ...points, end];
      path = `M${begin.x},${begin.y}`;
      for (let i = 1; i < way.length; ++i) {
        const p = way[i - 1], q = way[i];
        const half = (p.x + q.x) / 2;
        path += ` C${half},${p.y} ${half},${q.y} ${q.x},${q.y}`;
      }
    }
    return drawn("path", { class: classes, d: path, "marker-end": `url(#arrow-${red ? "red" : "plain"})` },
      drawn("title", null, `${label_of(from)} keeps ${label_of(to)}: ${how_words(how)}`));
  }

  function drawn_box(object, { x, y }) {
    const row = facts.objects.rows[object];
    const outside = row.outside;
    const second = `${row.address}${outside > 0 ? ` · ${number(outside)} outside` : ""}`;
    const words = words_of_object(row);
    const classes = ["box", row.cycle !== null && "red", object === chosen && "chosen", matches(words) && "match"];
    return drawn("g", {
      class: classes.filter(Boolean).join(" "), transform: `translate(${x},${y})`, tabindex: "0", role: "button",
      "data-object": object, "aria-label": `${label_of(object)}${row.cycle !== null ? ", in a cycle" : ""}`,
      onclick: () => choose(object),
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose(object);
      },
    }, drawn("title", null, `${type_of(row)} ${row.address}\n${count_of(row.noted, "reference")} noted, ${number(outside)} of them held outside tracked objects`),
    drawn("rect", { width: box.width, height: box.height, rx: 6 }),
    drawn("text", { class: "kind", x: 10, y: 17 }, cut(short_name(type_of(row)), 26)),
    drawn("text", { class: "address", x: 10, y: 33 }, cut(second, 30)));
  }

  function path_of(cycle) {
    const step = (object) => object_button(object, choose);
    const steps = cycle.path.flatMap((object) => [step(object), " → "]);
    return [steps, cycle.path_left_out > 0 ? `${number(cycle.path_left_out)} more → ` : null, step(cycle.path[0])];
  }

  function line_of(cycle) {
    return element("li", null,
      element("div", { class: "path" }, path_of(cycle)),
      element("div", { class: cycle.outside === 0 ? "alarm" : "dim" },
        cycle.size > cycle.path.length + cycle.path_left_out && `A shortest way round; ${count_of(cycle.size, "object")} keep each other. `,
        cycle.outside === 0 ? "Nothing noted outside holds it: it will not be freed."
          : `${count_of(cycle.outside, "reference")} from outside ${cycle.outside === 1 ? "holds" : "hold"} it too.`));
  }

  function list_of_cycles() {
    const rest = facts.cycles.rows.slice(cycles_at_first);
    const list = element("ol", { class: "cycles" }, facts.cycles.rows.slice(0, cycles_at_first).map(line_of));
    const more = rest.length > 0 && element("button", { type: "button", class: "more", onclick: () => {
      list.append(...rest.map(line_of));
      more.remove();
    } }, `Show ${number(rest.length)} more`);
    return [list, more];
  }

  const cycles = facts.cycles.total === 0 ? note("No cycle: following who keeps whom never leads back.") : [
    element("p", { class: "alarm", id: "cycle-count" }, `${count_of(facts.cycles.total, "cycle")}.`,
      facts.cycles.total > facts.cycles.rows.length && ` The first ${facts.cycles.rows.length} are listed.`),
    list_of_cycles(),
  ];

  draw();
  const content = facts.edges.length === 0 ? [note("No object in this dump is known to keep another one: no handle lies inside a tracked object, no owner and no edge was declared.")] : [
    element("p", { class: "choices" }, element("label", null, "Draw ", picker)),
    element("ul", { class: "legend plain" },
      element("li", null, element("span", { class: "stroke" }), edge_words[0]),
      element("li", null, element("span", { class: "stroke declared" }), `${edge_words[1]}, or ${edge_words[2]}`),
      element("li", null, element("span", { class: "stroke red" }), "in a cycle")),
    element("div", { class: "scroll drawing", tabindex: "0", role: "region", "aria-label": "Drawing" }, canvas), summary, cycles,
  ];
  return {
    content,
    chosen(object) {
      chosen = object;
      draw();
      show_chosen();
    },
    search(stays) {
      matches = stays;
      draw();
    },
  };
}

function object_button(object, choose) {
  return element("button", { type: "button", class: "object", "data-object": object, onclick: () => choose(object) }, label_of(object));
}
