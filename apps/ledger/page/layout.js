// layout.js - where the boxes of a directed graph stand: in layers from left to right, so that most
// edges point to the right, few cross, and linked boxes stand at about one height.
//
// After Sugiyama: edges that close a cycle are turned round, each node goes one layer right of the last
// of those that point to it, edges over several layers get a bend in each, the layers are put in order
// by the middle of their neighbours, and heights are the least-squares fit to them.
"use strict";

// layered(COUNT, [[from, to]...], {width, height, across, down}) of nodes 0..COUNT-1; across and down are
// the gaps between boxes. Returns {width, height, nodes: [{x, y}], edges: [{points: [{x, y}], back}]}:
// top left corners, and each edge's bends between its two boxes, from its beginning to its end.
function layered(count, edges, box) {
  const parts = components(count, edges);
  const laid = parts.map((part) => one_component(part, box));
  const nodes = new Array(count);
  const routes = new Array(edges.length);

  // Side by side in rows, the tall ones first.
  const row_width = Math.max(1150, ...laid.map((each) => each.width));
  const order = laid.map((_, i) => i).sort((a, b) => laid[b].height - laid[a].height || a - b);
  let x = 0, y = 0, row_height = 0, width = 0;
  for (const i of order) {
    const each = laid[i];
    if (x > 0 && x + each.width > row_width) {
      y += row_height + 2 * box.down;
      x = row_height = 0;
    }
    const moved = (point) => ({ x: point.x + x, y: point.y + y });
    parts[i].nodes.forEach((node, k) => { nodes[node] = moved(each.nodes[k]); });
    parts[i].edges.forEach((edge, k) => {
      routes[edge.number] = { points: each.edges[k].points.map(moved), back: each.edges[k].back };
    });
    x += each.width + box.across;
    width = Math.max(width, x - box.across);
    row_height = Math.max(row_height, each.height);
  }
  return { width, height: y + row_height, nodes, edges: routes };
}

// The parts that no edge links, each with nodes and edges of its own numbers.
function components(count, edges) {
  const leader = Array.from({ length: count }, (_, i) => i);
  const find = (i) => {
    while (leader[i] !== i) i = leader[i] = leader[leader[i]];
    return i;
  };
  for (const [from, to] of edges) leader[find(from)] = find(to);
  const parts = new Map();
  const own = new Array(count);
  for (let i = 0; i < count; ++i) {
    const key = find(i);
    if (!parts.has(key)) parts.set(key, { nodes: [], edges: [] });
    own[i] = parts.get(key).nodes.push(i) - 1;
  }
  edges.forEach(([from, to], number) => parts.get(find(from)).edges.push({ from: own[from], to: own[to], number }));
  return [...parts.values()];
}

function one_component({ nodes, edges }, box) {
  const count = nodes.length;
  const back = closing(count, edges);
  const right = edges.map(({ from, to }, i) => (back[i] ? [to, from] : [from, to]));
  const layer = layers(count, right);

  // Bends: nodes without a box, one in each layer that an edge passes.
  const neighbours = Array.from({ length: count }, () => ({ before: [], after: [] }));
  const link = (a, b) => { neighbours[a].after.push(b); neighbours[b].before.push(a); };
  const bends = right.map(([from, to]) => {
    const passed = [];
    let previous = from;
    for (let at = layer[from] + 1; at < layer[to]; ++at) {
      passed.push(layer.push(at) - 1);
      neighbours.push({ before: [], after: [] });
      link(previous, passed[passed.length - 1]);
      previous = passed[passed.length - 1];
    }
    if (from !== to) link(previous, to);
    return passed;
  });

  const columns = [];
  layer.forEach((at, i) => (columns[at] = columns[at] || []).push(i));
  put_in_order(columns, neighbours);
  const size = (i) => (i < count ? box.height + box.down : box.down);
  const middle = heights(columns, neighbours, size);

  const least = Math.min(...middle.map((m, i) => m - (i < count ? box.height / 2 : 0)));
  const x = (i) => layer[i] * (box.width + box.across);
  return {
    nodes: nodes.map((_, i) => ({ x: x(i), y: middle[i] - box.height / 2 - least })),
    edges: bends.map((passed, i) => ({
      back: back[i],
      points: (back[i] ? [...passed].reverse() : passed).flatMap((bend) => {
        const y = middle[bend] - least;
        const ends = [{ x: x(bend), y }, { x: x(bend) + box.width, y }];
        return back[i] ? ends.reverse() : ends;
      }),
    })),
    width: columns.length * (box.width + box.across) - box.across,
    height: Math.max(...middle.map((m, i) => m + (i < count ? box.height / 2 : 0))) - least,
  };
}

// Which edges close a cycle, looked at depth first from the nodes that nothing points to.
function closing(count, edges) {
  const out = Array.from({ length: count }, () => []);
  const into = new Array(count).fill(0);
  edges.forEach(({ from, to }, i) => { out[from].push(i); ++into[to]; });
  const back = new Array(edges.length).fill(false);
  const seen = new Array(count).fill(0);  // 1: on the way, 2: done
  const first = [...Array(count).keys()].sort((a, b) => (into[a] > 0) - (into[b] > 0));
  for (const root of first) {
    if (seen[root]) continue;
    const way = [{ node: root, next: 0 }];
    seen[root] = 1;
    while (way.length > 0) {
      const here = way[way.length - 1];
      if (here.next === out[here.node].length) {
        seen[here.node] = 2;
        way.pop();
        continue;
      }
      const edge = out[here.node][here.next++];
      const to = edges[edge].to;
      if (seen[to] === 1) back[edge] = true;
      if (seen[to] !== 0) continue;
      seen[to] = 1;
      way.push({ node: to, next: 0 });
    }
  }
  return back;
}

function layers(count, edges) {
  const layer = new Array(count).fill(0);
  const waits = new Array(count).fill(0);
  const out = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) {
    if (from === to) continue;
    out[from].push(to);
    ++waits[to];
  }
  const ready = [...Array(count).keys()].filter((i) => waits[i] === 0);
  for (let i = 0; i < ready.length; ++i) {
    for (const to of out[ready[i]]) {
      layer[to] = Math.max(layer[to], layer[ready[i]] + 1);
      if (--waits[to] === 0) ready.push(to);
    }
  }
  return layer;
}

function put_in_order(columns, neighbours) {
  const place = [];
  const number_them = (column) => column.forEach((node, i) => { place[node] = i; });
  columns.forEach(number_them);
  for (let round = 0; round < 8; ++round) {
    const side = round % 2 === 0 ? "before" : "after";
    for (const column of round % 2 === 0 ? columns : [...columns].reverse()) {
      const wish = new Map(column.map((node) => {
        const near = neighbours[node][side];
        return [node, near.length === 0 ? place[node] : near.reduce((sum, n) => sum + place[n], 0) / near.length];
      }));
      column.sort((a, b) => wish.get(a) - wish.get(b) || place[a] - place[b]);
      number_them(column);
    }
  }
}

// The middle of each node: near the mean of its neighbours, never nearer to the next one in its column
// than their sizes allow.
function heights(columns, neighbours, size) {
  const middle = [];
  for (const column of columns) {
    let at = 0;
    for (const node of column) {
      middle[node] = at + size(node) / 2;
      at += size(node);
    }
  }
  for (let round = 0; round < 12; ++round) {
    const side = round % 2 === 0 ? "before" : "after";
    for (const column of round % 2 === 0 ? columns : [...columns].reverse()) {
      const wish = column.map((node) => {
        const near = round < 10 ? neighbours[node][side] : [...neighbours[node].before, ...neighbours[node].after];
        return near.length === 0 ? middle[node] : near.reduce((sum, n) => sum + middle[n], 0) / near.length;
      });
      fitted(wish, column.map(size)).forEach((y, i) => { middle[column[i]] = y; });
    }
  }
  return middle;
}

// The places nearest to those wished for that keep their order and their room (pool adjacent violators).
function fitted(wish, room) {
  let before = 0;
  const offset = room.map((each) => {
    const at = before + each / 2;
    before += each;
    return at;
  });
  const pools = [];
  wish.forEach((each, i) => {
    pools.push({ sum: each - offset[i], count: 1 });
    while (pools.length > 1) {
      const [a, b] = pools.slice(-2);
      if (a.sum / a.count <= b.sum / b.count) break;
      pools.splice(-2, 2, { sum: a.sum + b.sum, count: a.count + b.count });
    }
  });
  return pools.flatMap((pool) => new Array(pool.count).fill(pool.sum / pool.count)).map((base, i) => base + offset[i]);
}
