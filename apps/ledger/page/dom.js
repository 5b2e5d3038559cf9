// dom.js - elements out of plain values. Text stays text, whatever is in it: nothing here reads HTML.
"use strict";

// fill(ELEMENT, {attribute: value}, child...) - an attribute onNAME is a listener; one that is false,
// null or undefined is left out; children are elements, text, or lists of both.
function fill(made, attributes, ...children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== false) made.append(child);
  }
  return made;
}

function element(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, ...children);
}

function drawn(name, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, ...children);
}

function section(id, title, ...children) {
  return element("section", { id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, title), children);
}

// Text that may break behind a name's parts.
function breaking(text) {
  return text.split(/(?<=::|,|\/)/).flatMap((part) => [part, element("wbr")]).slice(0, -1);
}

function note(...children) {
  return element("p", { class: "note" }, children);
}
