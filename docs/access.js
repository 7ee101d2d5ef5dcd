// What scrolls sideways is reached by keyboard, and navigations of code blocks are named by their place. The theme
// makes both once the page is there.
function name(selector, what) {
  document.querySelectorAll(selector).forEach((one, place) => {
    one.setAttribute("aria-label", `${what} ${place + 1}`);
    if (what === "Table") {
      one.tabIndex = 0;
      one.setAttribute("role", "region");
    }
  });
}

function all() {
  name(".md-typeset__scrollwrap", "Table");
  name(".md-code__nav", "Code");
}

new MutationObserver(all).observe(document.body, { childList: true, subtree: true });
all();
