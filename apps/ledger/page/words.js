// words.js - numbers, times and names as people read them.
"use strict";

const in_thousands = new Intl.NumberFormat("en-US");

function number(n) {
  return in_thousands.format(n);
}

function count_of(n, one, many) {
  return `${number(n)} ${n === 1 ? one : many || `${one}s`}`;
}

// 3_200_000_000 as "3.2 s". Nothing known is "–".
function span(ns) {
  if (ns === null || ns === undefined) return "–";
  const seconds = ns / 1e9;
  const tenth = (n, unit) => `${n < 10 ? n.toFixed(1).replace(".0", "") : Math.floor(n)} ${unit}`;
  if (ns === 0) return "0 s";
  if (seconds < 0) return `${span(-ns)} later`;
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return tenth(ns / 1e3, "µs");
  if (ns < 1e9) return tenth(ns / 1e6, "ms");
  if (seconds < 120) return tenth(seconds, "s");
  if (seconds < 7200) return tenth(seconds / 60, "min");
  if (seconds < 172800) return tenth(seconds / 3600, "h");
  return tenth(seconds / 86400, "days");
}

function bytes(n) {
  if (n < 1024) return count_of(n, "byte");
  const power = Math.min(Math.floor(Math.log2(n) / 10), 4);
  return `${(n / 2 ** (10 * power)).toFixed(1)} ${["", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

function moment(ms) {
  return `${new Date(ms).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

// "app::net::session<int>" as "session": what fits where room is short.
function short_name(name) {
  const plain = name.split("<")[0];
  const last = plain.slice(plain.lastIndexOf(":") + 1);
  return last.trim() || name;
}

function cut(text, length) {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join("")}…`;
}
