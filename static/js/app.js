// What every page shares: dialogs, the user menu, search, keys of lists. Pages work without it.
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- dialogs: <button data-open="id"> ... <dialog id="id"> <button data-close> ---
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    document.getElementById(opener.dataset.open)?.showModal();
  }
  const closer = event.target.closest("[data-close]");
  if (closer) {
    closer.closest("dialog")?.close();
  }
  for (const menu of all("details[data-menu][open]")) {
    if (!menu.contains(event.target)) {
      menu.open = false;
    }
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && one("details[data-menu][open]");
  if (menu) {
    menu.open = false;
    one("summary", menu).focus();
  }
});

// --- "select all" of a list: <input type="checkbox" data-check-all="name"> ---
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.checkAll;
  if (name) {
    for (const box of all(`input[type="checkbox"][name="${CSS.escape(name)}"]`)) {
      box.checked = event.target.checked && !box.disabled;
    }
  }
});

// --- one-character keys; can be switched off in the user menu (WCAG 2.1.4) ---
const KEYS = "bpr-keys";
const keysAreOn = () => localStorage.getItem(KEYS) !== "off";

const keysButton = one("[data-keys]");
if (keysButton) {
  const word = one("span", keysButton);
  const show = () => {
    keysButton.setAttribute("aria-pressed", String(keysAreOn()));
    word.textContent = keysAreOn() ? word.dataset.on : word.dataset.off;
  };
  keysButton.hidden = false;
  keysButton.addEventListener("click", () => {
    localStorage.setItem(KEYS, keysAreOn() ? "off" : "on");
    show();
  });
  show();
}

// Rows are looked up at each key, because htmx may have replaced the list.
const rows = () => all("[data-row]");
const openRow = () => rows().findIndex((row) => row.classList.contains("is-open"));

const moveTo = (index) => {
  const list = rows();
  if (!list.length) {
    return;
  }
  const target = Math.max(0, Math.min(list.length - 1, index));
  list.forEach((row, i) => {
    row.classList.toggle("is-open", i === target);
    row.toggleAttribute("data-current", i === target);
  });
  one("a", list[target])?.focus();
};

const toggleCheck = () => {
  const box = one('input[type="checkbox"]', rows()[openRow()] ?? document.createElement("div"));
  if (box && !box.disabled) {
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
};

// A key never decides: it opens the dialog or follows the link marked data-key="a".
const press = (key) => {
  const target = one(`[data-key="${CSS.escape(key)}"]`);
  target?.click();
  return Boolean(target);
};

const ACTIONS = {
  "/": () => (one("[data-search]") ?? one("#q"))?.focus(),
  "?": () => one("#keys")?.showModal(),
  j: () => moveTo(openRow() + 1),
  k: () => moveTo(openRow() - 1),
  x: toggleCheck,
  o: () => one("a", rows()[openRow()] ?? document.createElement("div"))?.click(),
};

const isTyping = (element) =>
  element.isContentEditable ||
  element.matches("textarea, select, input:not([type=checkbox], [type=radio])");

document.addEventListener("keydown", (event) => {
  const composing = event.isComposing || event.keyCode === 229;
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  if (composing || modified || event.repeat || !keysAreOn()) {
    return;
  }
  if (isTyping(event.target) || one("dialog[open]")) {
    return;
  }
  const action = ACTIONS[event.key];
  if (action) {
    event.preventDefault();
    action();
  } else if (/^[acre]$/.test(event.key) && press(event.key)) {
    event.preventDefault();
  }
});

// A row that was opened is the current one, and read; its text replaces the list on a phone.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row] a")?.closest("[data-row]");
  if (row) {
    rows().forEach((each) => each.classList.toggle("is-open", each === row));
    row.classList.remove("is-unread");
    one("[data-unread]", row)?.remove();
    one(".check:disabled", row)?.removeAttribute("disabled");
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "preview") {
    event.target.scrollTop = 0;
    if (!one(".mails")?.offsetParent) {
      window.scrollTo(0, 0);
      one("#preview-title")?.focus();
    }
  }
});

// --- fresh counts and rows: asked for once a minute, while somebody can see the page and is not
// in the middle of something ---
const EVERY = 60_000;
let asked = Date.now();

const isBusy = () =>
  document.hidden ||
  isTyping(document.activeElement) ||
  Boolean(one("dialog[open], details.sieve:focus-within, .mail .check:checked"));

const askAnew = () => {
  if (Date.now() - asked < EVERY || isBusy()) {
    return;
  }
  asked = Date.now();
  for (const part of all("[data-fresh]")) {
    part.dispatchEvent(new Event("fresh"));
  }
};

if (one("[data-fresh]")) {
  setInterval(askAnew, EVERY / 4);
  document.addEventListener("visibilitychange", askAnew);
}

// --- a part of the page that could not be fetched: one line says so ---
const trouble = one("[data-trouble]");

const tellTrouble = (words) => {
  if (trouble && trouble.textContent !== words) {
    trouble.textContent = words;
  }
};

document.addEventListener("htmx:responseError", () => tellTrouble(trouble?.dataset.failed));
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => tellTrouble(trouble?.dataset.unreachable));
}
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) {
    tellTrouble("");
  }
});

// The list of errors takes the focus, so that it is read first.
one("[data-error-summary]")?.focus();
