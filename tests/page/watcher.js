// watcher.js - stands before the page's own script in the tested copy and notes what goes wrong.
"use strict";

const watched = { errors: [], refusals: [] };
addEventListener("error", (event) => watched.errors.push(String(event.message)));
addEventListener("unhandledrejection", (event) => watched.errors.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) =>
  watched.refusals.push(`${event.effectiveDirective} ${event.blockedURI}`));
for (const how of ["error", "warn"]) console[how] = (...words) => watched.errors.push(words.join(" "));
