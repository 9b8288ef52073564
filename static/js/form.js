// Guards of forms: no accidental submit by Enter or the IME, no second submit, no lost text.
const LEAVE = "data-guard"; // <form data-guard>: a long form; Enter submits only from a button

// --- Enter and IME ---
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") {
    return;
  }
  const field = event.target;
  const composing = event.isComposing || event.keyCode === 229;
  if (field.matches("textarea")) {
    if ((event.ctrlKey || event.metaKey) && !composing) {
      event.preventDefault();
      field.form?.requestSubmit();
    }
    return;
  }
  const inLongForm = field.matches("input, select") && field.form?.hasAttribute(LEAVE);
  if (field.matches("input") && (composing || inLongForm)) {
    event.preventDefault();
  }
});

// --- one submit only; a page that comes back from the history can be sent again ---
const busy = new WeakSet();

const free = (form) => {
  busy.delete(form);
  form.removeAttribute("aria-busy");
  for (const button of form.querySelectorAll("[data-sent]")) {
    button.removeAttribute("data-sent");
    button.removeAttribute("aria-disabled");
  }
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.closest("[data-allow-repeat]")) {
    return;
  }
  if (busy.has(form)) {
    event.preventDefault();
    return;
  }
  busy.add(form);
  form.setAttribute("aria-busy", "true");
  // aria-disabled, not disabled: the pressed button's name and value must still be sent
  if (event.submitter) {
    event.submitter.setAttribute("aria-disabled", "true");
    event.submitter.setAttribute("data-sent", "");
  }
  edited.delete(form);
});

addEventListener("pageshow", (event) => {
  if (event.persisted) {
    document.querySelectorAll("form").forEach(free);
  }
});

for (const name of ["htmx:afterRequest", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const form = event.target.closest?.("form");
    if (form) {
      free(form);
    }
  });
}

// --- leaving a long form that was changed asks first ---
const edited = new Set();

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.hasAttribute(LEAVE)) {
    edited.add(form);
  }
});

document.addEventListener("sheet:saved", (event) => edited.delete(event.target));

addEventListener("beforeunload", (event) => {
  for (const form of edited) {
    if (form.isConnected) {
      event.preventDefault();
    }
  }
});

// --- counters, as the server counts: code points, a line break is two ---
const count = (text) => [...text.replace(/\r?\n/g, "\r\n")].length;

const showCount = (place) => {
  const field = document.getElementById(place.dataset.countOf);
  if (field) {
    const used = count(field.value);
    const limit = Number(place.dataset.limit);
    place.textContent = `${used} / ${limit}字`;
    place.toggleAttribute("data-over", used > limit);
  }
};

const showCounts = () => document.querySelectorAll("[data-count-of]").forEach(showCount);

document.addEventListener("input", (event) => {
  if (event.target.id) {
    const mine = `[data-count-of="${CSS.escape(event.target.id)}"]`;
    document.querySelectorAll(mine).forEach(showCount);
  }
});
document.addEventListener("htmx:afterSwap", showCounts);
showCounts();

// --- a session that ended during an htmx request: say so, keep the page and its text ---
document.addEventListener("htmx:beforeSwap", (event) => {
  const path = event.detail.xhr?.responseURL ?? "";
  if (path.includes("/login/")) {
    event.detail.shouldSwap = false;
    document.getElementById("session-ended")?.showModal();
  }
});
