// chart.js - one line for each type over the real times of the dumps.
"use strict";

// Round steps from zero to at least `most`.
function ticks(most, wanted) {
  const rough = Math.max(most, 1e-9) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const steps = [];
  for (let i = 0; i * step < most + step; ++i) steps.push(i * step);
  return steps;
}

// What is counted at one dump, of all objects: one in `share` was looked at.
const measures = [
  { title: "objects alive", at: (type, i) => type.series[i] && type.series[i][0] * type.series[i][2] },
  { title: "references", at: (type, i) => type.series[i] && type.series[i][1] * type.series[i][2] },
];

const lines_at_first = 10;
const colours = 10;

function over_time() {
  const times = facts.dumps.map((dump) => dump.real_ms);
  const begin = times[0];
  const whole = times[times.length - 1] - begin;
  if (facts.dumps.length < 2) {
    return note("There is one dump. Take two or more, some time apart, to see what grows.");
  }

  let measure = measures[0];
  let logarithmic = false;
  const peak = (type, of) => Math.max(0, ...times.map((_, i) => of.at(type, i) || 0));
  const types = facts.types.map((type, i) => ({ type, i, peak: peak(type, measures[0]) }))
    .filter(({ type }) => type.series.some((point) => point !== null))
    .sort((a, b) => b.peak - a.peak);
  const chosen = new Set(types.slice(0, lines_at_first).map(({ i }) => i));
  const place = new Map(types.map(({ i }, n) => [i, n]));

  const width = 900, height = 300, left = 70, right = 34, top_edge = 12, bottom = 42;
  const canvas = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", id: "chart" });

  function draw() {
    const drawn_types = types.filter(({ i }) => chosen.has(i));
    const most = Math.max(1, ...drawn_types.map(({ type }) => peak(type, measure)));
    const steps = logarithmic
      ? [0, ...Array.from({ length: Math.ceil(Math.log10(most)) + 1 }, (_, n) => 10 ** n)]
      : ticks(most, 5).filter(Number.isInteger);
    const scale = (n) => (logarithmic ? Math.log10(n + 1) : n);
    const x = (ms) => left + (whole === 0 ? 0 : (ms - begin) / whole) * (width - left - right);
    const y = (n) => height - bottom - scale(n) / scale(steps[steps.length - 1]) * (height - bottom - top_edge);

    const marks = steps.map((n) => [
      drawn("line", { class: "grid", x1: left, x2: width - right, y1: y(n), y2: y(n) }),
      drawn("text", { x: left - 8, y: y(n) + 4, "text-anchor": "end" }, number(n)),
    ]);
    const moments = ticks(whole / 1e3, 6).filter((s) => s * 1e3 <= whole).map((s) =>
      drawn("text", { x: x(begin + s * 1e3), y: height - bottom + 18, "text-anchor": "middle" }, s === 0 ? "0" : `+${span(s * 1e9)}`));
    const dumps = times.map((ms, i) => drawn("line", { class: "dump", x1: x(ms), x2: x(ms), y1: top_edge, y2: height - bottom },
      drawn("title", null, `dump ${i + 1}: ${moment(ms)}`)));

    const paths = drawn_types.map(({ type, i }) => {
      const points = times.map((ms, at) => ({ ms, at, n: measure.at(type, at) })).filter(({ n }) => n !== null);
      const name = `line line-${place.get(i) % colours}${place.get(i) >= colours ? " dashed" : ""}`;
      return drawn("g", { class: name },
        drawn("polyline", { points: points.map(({ ms, n }) => `${x(ms)},${y(n)}`).join(" ") }),
        points.map(({ ms, at, n }) => drawn("circle", { cx: x(ms), cy: y(n), r: 3.5 },
          drawn("title", null, `${type.name}: ${number(n)} ${measure.title}, dump ${at + 1}, ${moment(ms)}`))));
    });

    canvas.setAttribute("aria-label", `${measure.title} over time: ${drawn_types.map(({ type }) => type.name).join(", ")}`);
    canvas.replaceChildren(...marks.flat(), ...dumps, ...moments, ...paths,
      drawn("text", { class: "axis", x: left, y: height - 6 }, `time since ${moment(begin)}`),
      drawn("text", { class: "axis", x: 14, y: (height - bottom) / 2, transform: `rotate(-90 14 ${(height - bottom) / 2})`, "text-anchor": "middle" }, measure.title));
  }

  const legend = element("ul", { class: "legend", "aria-label": "Types in the chart" }, types.map(({ type, i }, n) =>
    element("li", null, element("label", { class: `line-${n % colours}` },
      element("input", { type: "checkbox", checked: chosen.has(i), onchange: (event) => {
        event.target.checked ? chosen.add(i) : chosen.delete(i);
        draw();
      } }),
      element("span", { class: n >= colours ? "key dashed" : "key" }), element("span", null, breaking(type.name))))));
  const what = element("select", { onchange: (event) => { measure = measures[event.target.value]; draw(); } },
    measures.map(({ title }, i) => element("option", { value: String(i) }, title)));

  draw();
  return [
    element("p", { class: "choices" }, element("label", null, "Show ", what), element("label", null,
      element("input", { type: "checkbox", onchange: (event) => { logarithmic = event.target.checked; draw(); } }), " logarithmic")),
    element("div", { class: "chart" }, element("div", { class: "scroll" }, canvas), legend),
    facts.types.some((type) => type.share > 1) && note("Types of which one object in N is tracked are shown times N: an estimate."),
    types.length > lines_at_first && note(`The ${lines_at_first} types with the most objects are drawn at first; the legend adds others.`),
  ];
}
