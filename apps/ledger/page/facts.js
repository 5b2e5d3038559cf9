// facts.js - what the page was given, and the names that its numbers stand for.
//
// page.cpp writes it. Lists refer to each other by index; null stands for "none", and a stack of -1
// for one that the page had no room for. Times are nanoseconds before the dump was taken.
"use strict";

const facts = JSON.parse(document.getElementById("facts").textContent);
const last_dump = facts.dumps[facts.dumps.length - 1];

// Frames in the library's own headers say how a reference is taken, not who takes it.
const in_library = /(^|[\s/(])lastout\/[a-z_]+\.hpp\b/;

function type_of(row) {
  return facts.types[row.type].name;
}

function frames_of(stack) {
  return stack === null || stack < 0 ? [] : facts.stacks[stack].map((i) => facts.frames[i]);
}

function first_frame(stack) {
  const frames = frames_of(stack);
  return frames.find((frame) => !in_library.test(frame)) || frames[0];
}

function tag_text(tag) {
  return tag === null ? "" : facts.tags[tag];
}

function thread_text(thread) {
  if (thread === null) return "–";
  const { tid, name, runs } = facts.threads[thread];
  return `${name || "thread"} ${tid}${runs ? "" : " (ended)"}`;
}

// After a comma where there is one; not every thread is known.
function by_thread(thread) {
  return thread === null ? "" : `, ${thread_text(thread)}`;
}

function address_of(object) {
  return facts.objects.rows[object].address;
}

function label_of(object) {
  return `${short_name(type_of(facts.objects.rows[object]))} ${address_of(object)}`;
}

// Who holds: its tag when it has one, and the place in the program.
function holder_cell({ tag, stack }) {
  const frame = first_frame(stack);
  return [
    tag !== null && element("span", { class: "tag" }, tag_text(tag)),
    frame ? element("code", null, frame) : element("span", { class: "dim" }, stack === null ? "no stack" : "stack left out"),
  ];
}

function stack_list(stack) {
  if (stack === null) return element("p", { class: "dim" }, "No stack was taken.");
  if (stack < 0) return element("p", { class: "dim" }, "The page had no room for this stack.");
  return element("ol", { class: "stack" }, frames_of(stack).map((frame) =>
    element("li", { class: in_library.test(frame) && "dim" }, element("code", null, frame))));
}

// What the search looks through.
function words_of_holder(holder) {
  return [type_of(holder), tag_text(holder.tag), facts.kinds[holder.kind], ...frames_of(holder.stack),
    ...(holder.threads || []).map(([thread]) => thread_text(thread))].join("\n").toLowerCase();
}

function words_of_object(object) {
  return [object.address, type_of(object), object.state].join("\n").toLowerCase();
}
