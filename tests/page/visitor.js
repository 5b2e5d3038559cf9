// visitor.js - stands behind the page's own script in the tested copy, does what a reader does, and
// writes what it saw into the page, as JSON: browser_test.cpp says what that must be.
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const texts = (selector, root) => all(selector, root).map((each) => each.textContent.trim());
  const rows = (name) => all(`#${name}-table tbody tr:not(.opened)`)
    .filter((row) => !one(".nothing", row))
    .map((row) => all("td:not(.opener)", row).map((cell) => cell.textContent.trim()));
  const sort = (name, title) => all(`#${name}-table th button`).find((head) => head.textContent === title).click();
  const type_in = (text) => {
    one("#search").value = text;
    one("#search").dispatchEvent(new Event("input", { bubbles: true }));
  };
  const press = (key, at = document.body) => at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const apart = (places) => places.every((a, i) => places.slice(i + 1).every((b) =>
    a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top));
  const seen = {};

  // The page's own layout, of 80 nodes with edges in all directions: a fixed, tangled graph.
  function tangle() {
    let state = 12345;
    const random = (n) => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return Math.floor(state / 65536) % n;
    };
    const edges = Array.from({ length: 150 }, () => [random(80), random(80)]);
    const size = { width: 100, height: 40, across: 30, down: 10 };
    const laid = layered(80, edges, size);
    const left = ([node]) => laid.nodes[node].x;
    const right = ([, node]) => laid.nodes[node].x;
    return {
      apart: apart(laid.nodes.map(({ x, y }) => ({ left: x, right: x + size.width, top: y, bottom: y + size.height }))),
      inside: laid.nodes.every(({ x, y }) => x >= 0 && y >= 0 && x + size.width <= laid.width && y + size.height <= laid.height),
      straight: edges.every((edge, i) => edge[0] === edge[1] || (laid.edges[i].back ? left(edge) > right(edge) : left(edge) < right(edge))),
      turned: laid.edges.filter((edge) => edge.back).length,
    };
  }

  function visit() {
    seen.title = document.title;
    seen.sections = texts("#sections a");
    seen.head = texts("#head dl")[0];
    seen.earlier = texts("#head details")[0];
    seen.hostile_elements = all("#hostile, main img, main b, main script, svg[onload]").length;
    seen.types = rows("type");
    seen.holders = rows("holder");
    seen.growth = rows("growth");
    seen.objects = rows("object");
    seen.dead = rows("dead");

    sort("holder", "Oldest");
    seen.holders_by_oldest = rows("holder").map((row) => row[4]);
    seen.sorted_heads = texts("#holder-table th[aria-sort=descending]");
    sort("holder", "Oldest");
    seen.holders_by_newest_first = rows("holder").map((row) => row[4]);
    sort("holder", "References");

    const opener = one("#holder-table tbody .opener button");
    opener.click();
    seen.opened_stack = texts("#holder-table tr.opened .stack li");
    seen.opened_is_said = one("#holder-table tbody .opener button").getAttribute("aria-expanded");
    one("#holder-table tbody .opener button").click();
    seen.closed_again = all("#holder-table tr.opened").length;

    seen.lines = all("#chart .line").length;
    seen.points = all("#chart .line circle").map((circle) => circle.textContent);
    seen.legend = texts(".chart .legend li");
    one(".chart .legend input").click();
    seen.lines_without_one = all("#chart .line").length;
    one(".chart .legend input").click();

    seen.boxes = all("#graph-drawing .box").map((box) => one(".kind", box).textContent);
    seen.red_boxes = all("#graph-drawing .box.red").map((box) => one(".kind", box).textContent).sort();
    seen.arrows = all("#graph-drawing .edge").map((edge) => edge.textContent).sort();
    seen.red_arrows = all("#graph-drawing .edge.red").length;
    seen.cycles = texts(".cycles li");
    seen.graph_note = one("#graph-note").textContent;
    seen.boxes_apart = apart(all("#graph-drawing .box rect").map((rect) => rect.getBoundingClientRect()));
    seen.red_heights = all("#graph-drawing .edge.red").map((edge) => edge.getBoundingClientRect().top);
    seen.tangle = tangle();

    const searches = {};
    for (const text of ["app::serve", "evil", "REQUEST", "0xe0000", "worker.cpp session", "nobody has this name"]) {
      type_in(text);
      searches[text] = { hits: one("#hits").textContent, objects: rows("object").map((row) => row[1]), marked: all(".box.match").length };
    }
    type_in("");
    seen.searches = searches;
    seen.objects_after_search = rows("object").length;
    press("/");
    seen.slash_goes_to = document.activeElement.id;
    document.activeElement.blur();

    const kept = all("#graph-drawing .box").find((box) => box.getAttribute("aria-label").includes("0xe0000"));
    kept.focus();
    press("Enter", kept);
    const panel = one("#details");
    seen.panel = {
      shown: !panel.hidden,
      title: one("h2", panel).textContent,
      chain: texts(".chain > li", panel),
      history: texts(".history > li > div", panel),
      hash: location.hash,
      scopes: texts("#graph select option"),
    };
    one("#graph select").value = "chosen";
    one("#graph select").dispatchEvent(new Event("change"));
    seen.chain_drawn = all("#graph-drawing .box").map((box) => one(".kind", box).textContent).sort();
    one(".chain button.object", panel).click();
    seen.panel_of_keeper = one("h2", panel).textContent;
    seen.references_of_keeper = texts(".references:not(.chain .references) > li > div", panel);
    press("Escape");
    seen.panel_closed = panel.hidden;

    one(".cycles button.object").click();
    seen.panel_of_cycle = texts(".alarm", panel);
    seen.width = document.documentElement.scrollWidth <= document.documentElement.clientWidth;
    one("#details .close").click();
  }

  try {
    visit();
  } catch (error) {
    watched.errors.push(`the visit ended early: ${error.stack}`);
  }

  seen.requests = performance.getEntriesByType("resource").map((entry) => entry.name);
  seen.errors = [...watched.errors];
  seen.refusals = [...watched.refusals];
  seen.hostile_ran = window.hostile !== undefined;

  // Now what a page must not be able to do, even if a name had got through.
  const tried = {};
  const attempt = (name, what) => {
    try {
      what();
      tried[name] = "done";
    } catch (refused) {
      tried[name] = refused.name;
    }
  };
  attempt("markup", () => { document.createElement("p").innerHTML = "<b>text</b>"; });
  attempt("evaluate", () => { eval("1"); });
  attempt("image", () => { document.body.append(Object.assign(new Image(), { src: "http://127.0.0.1:9/image" })); });
  attempt("handler", () => {
    const button = document.createElement("button");
    button.setAttribute("onclick", "window.hostile = 1");
    document.body.append(button);
    button.click();
  });
  let fetched = "pending";
  fetch("http://127.0.0.1:9/data").then(() => { fetched = "done"; }, () => { fetched = "refused"; });

  setTimeout(() => {
    seen.tried = tried;
    seen.tried.fetch = fetched;
    seen.refused = watched.refusals.slice(seen.refusals.length);
    seen.hostile_ran_after = window.hostile !== undefined;
    const out = document.createElement("template");
    out.id = "seen";
    out.setAttribute("data-seen", encodeURIComponent(JSON.stringify(seen)));
    document.body.append(out);
  }, 300);
})();
