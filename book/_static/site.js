"use strict";

// A browser does not let a page fetch its neighbours from the disk: there, search shows titles without extracts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// A step of a derivation is an anchor that MathJax makes: go there when it is done.
const showStep = () => {
  if (location.hash.startsWith("#mjx-eqn")) {
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView({ block: "center" });
  }
};
window.MathJax?.startup.promise.then(showStep); // pages without mathematics do not load MathJax
window.addEventListener("hashchange", showStep);
