// The sheet saves by itself: every 10 seconds and when a field is left. What the server has not
// confirmed stays on this device, under the name of this person and this draft.
//   <form data-autosave="<person>:<draft>" data-arrived="<sent ids>"> [data-autosave-state] [data-kept]
const form = document.querySelector("form[data-autosave]");
const EVERY = 10_000;
const PATIENCE = 20_000;
const KEEP_AFTER = 250;
const MOST_KEPT = 5;
const KEPT_FOR = 14 * 24 * 60 * 60 * 1000;
const STORE = "bpr-sheet:";
const CARRIED = "csrfmiddlewaretoken draft_version page sent resumes touched post action".split(" ");

const words = form.dataset;
const state = document.querySelector("[data-autosave-state]");
const typing = document.querySelector("[data-autosave-typing]");
let dirty = "unsaved" in words; // typed since the last save that the server confirmed
let halted = false; // somebody else saved: the person decides first
let running = false;
let again = false;
let ended = false;
let timer = 0;

const carried = (name) => form.elements[name];

const tell = (text) => {
  if (state.textContent !== text) {
    state.textContent = text;
    for (const echo of document.querySelectorAll("[data-autosave-echo]")) {
      echo.textContent = text; // a long page: the same words where people are
    }
  }
};

// --- what is typed, as pairs; files are not kept ---
const typed = () =>
  [...new FormData(form)].filter(
    ([name, value]) => !CARRIED.includes(name) && typeof value === "string",
  );

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

let base = typed(); // what the server had when this page last heard of it

// The questions that were answered here: of these, this page's text is the newer one.
const touched = () => {
  const flat = (pairs) => pairs.map((pair) => JSON.stringify(pair));
  const [now, before] = [flat(typed()), flat(base)];
  const differing = [...now.filter((each) => !before.includes(each))].concat(
    before.filter((each) => !now.includes(each)),
  );
  return [...new Set(differing.map((each) => JSON.parse(each)[0].split("-")[0]))].join(" ");
};

// --- on this device: the last state of each opened form, so that two tabs keep theirs apart ---
const key = () => STORE + form.dataset.autosave;

const kept = (name = key()) => {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? [];
  } catch {
    return [];
  }
};

const write = (entries, name = key()) => {
  try {
    if (entries.length) {
      localStorage.setItem(name, JSON.stringify(entries.slice(-MOST_KEPT)));
    } else {
      localStorage.removeItem(name);
    }
  } catch {
    // no room on this device: the server's copy is still tried
  }
};

// What nobody came back for in two weeks is not left lying on a device that others use too.
for (const name of Object.keys(localStorage).filter((each) => each.startsWith(STORE))) {
  write(kept(name).filter((each) => Date.now() - each.at < KEPT_FOR), name);
}

const drop = (page) => write(kept().filter((each) => each.page !== page));

const keep = (sent = "") => {
  clearTimeout(timer);
  const page = carried("page").value;
  const [version, resumes] = [carried("draft_version").value, carried("resumes").value];
  const entry = { page, sent, at: Date.now(), version, resumes };
  write([...kept().filter((each) => each.page !== page), { ...entry, base, pairs: typed() }]);
};

const forget = () => {
  clearTimeout(timer);
  drop(carried("page").value);
};

// --- sending ---
const post = () => {
  const data = new FormData(form);
  for (const [name, value] of [...data]) {
    if (typeof value !== "string") {
      data.delete(name); // a file goes with its own button
    }
  }
  data.set("action", "autosave");
  const signal = AbortSignal.timeout(PATIENCE);
  const url = form.getAttribute("action");
  return fetch(url, { method: "POST", body: data, redirect: "manual", signal });
};

// After a new login the old page's token is refused once; the page itself has the new one.
const freshToken = async () => {
  const answer = await fetch(location.pathname + location.search, { redirect: "manual" });
  const text = answer.ok ? await answer.text() : "";
  const page = new DOMParser().parseFromString(text, "text/html");
  const token = page.querySelector("#sheet [name=csrfmiddlewaretoken]")?.value;
  if (token) {
    for (const each of document.querySelectorAll("[name=csrfmiddlewaretoken]")) {
      each.value = token;
    }
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  }
  return Boolean(token);
};

const isJson = (answer) => Boolean(answer.headers.get("content-type")?.includes("json"));

const send = async () => {
  const answer = await post();
  const isForeign = answer.status === 403 && !isJson(answer);
  return isForeign && (await freshToken()) ? post() : answer;
};

// --- answers ---
const adopt = (url, version) => {
  carried("draft_version").value = version;
  carried("resumes").value = ""; // asked for once
  if (form.getAttribute("action") !== url) {
    forget(); // from now on under the name of the draft
    const [person] = form.dataset.autosave.split(":");
    form.setAttribute("action", url);
    form.dataset.autosave = `${person}:${url.match(/draft-(\d+)/)?.[1] ?? url}`;
    history.replaceState(null, "", url);
  }
};

const facts = () => {
  const drives = form.querySelectorAll("[data-drives-route], [name=section]");
  return [...drives].map((each) => (each.type === "checkbox" ? each.checked : each.value)).join();
};
let routed = form.elements.title?.value ? facts() : "";

// The preview of what is stored, one at a time: another would only be queued. What was saved while
// one was under way is asked for when it has come.
const route = document.querySelector("[data-route]");
const refreshRoute = () => {
  if (!dirty && routed !== facts() && !route.classList.contains("htmx-request")) {
    routed = facts();
    const url = `${form.getAttribute("action")}?part=route`;
    const place = { source: route, target: route, swap: "innerHTML" }; // the source is marked
    const asked = window.htmx?.ajax("GET", url, place);
    asked?.catch(() => {
      routed = ""; // no line: asked again after the next saving
    });
  }
};
route.addEventListener("htmx:afterSettle", refreshRoute);

const markUnread = (unread) => {
  for (const old of form.querySelectorAll("[data-unread-error]")) {
    old.remove();
  }
  for (const { id, error } of unread) {
    const place = document.getElementById(id)?.closest(".field");
    if (place && !place.querySelector(".err")) {
      const line = document.createElement("p");
      line.className = "err";
      line.dataset.unreadError = "";
      line.textContent = error;
      place.append(line);
    }
  }
};

const onSaved = (result, sent) => {
  adopt(result.url, result.version);
  document.querySelector("[data-autosave-progress]").innerHTML = result.progress;
  markUnread(result.unread);
  base = sent;
  dirty = !same(sent, typed());
  typing.hidden = !dirty;
  if (dirty || result.unread.length) {
    keep();
  } else {
    forget();
    form.dispatchEvent(new Event("sheet:saved", { bubbles: true }));
  }
  const names = result.unread.map((each) => each.label).join("、");
  tell((names ? words.wordPartly + names : words.wordSaved).replace("%s", result.at));
  ended = false;
  document.getElementById("session-ended")?.close();
  refreshRoute();
};

const onRefused = (result) => {
  halted = true;
  keep();
  tell(words.wordConflict);
  const banner = document.querySelector("[data-conflict]");
  banner.querySelector("[data-conflict-reason]").textContent = result.reason;
  banner.querySelector("[data-conflict-solve]").hidden = result.why !== "conflict";
  banner.hidden = false;
};

const onEnded = () => {
  tell(words.wordEnded);
  if (!ended) {
    document.getElementById("session-ended")?.showModal();
  }
  ended = true;
};

const attempt = async () => {
  const sent = typed();
  const answer = await send();
  const result = isJson(answer) ? await answer.json() : null;
  if (result?.saved) {
    onSaved(result, sent);
  } else if (result) {
    onRefused(result);
  } else if (answer.type === "opaqueredirect" || answer.status === 403) {
    onEnded(); // the session is over; a foreign token was exchanged before
  } else {
    tell(words.wordLost);
  }
};

const save = async () => {
  again = running;
  if (!dirty || halted || running) {
    return;
  }
  running = true;
  try {
    await attempt();
  } catch {
    tell(words.wordLost);
  }
  running = false;
  if (again && state.textContent !== words.wordLost) {
    save();
  }
};

// --- when ---
form.addEventListener("input", () => {
  dirty = true;
  typing.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(keep, KEEP_AFTER);
});
// Who leaves a field for a button that sends the form needs no second sending beside it. Fields
// that are typed into change when they are left: that is told by focusout, with where to.
form.addEventListener("change", (event) => {
  if (event.target.matches("select, [type=checkbox], [type=radio]")) {
    save();
  }
});
form.addEventListener("focusout", (event) => {
  if (event.relatedTarget?.form !== form || event.relatedTarget.type !== "submit") {
    save();
  }
});
setInterval(save, EVERY);
addEventListener("online", save);
document.addEventListener("visibilitychange", save);
addEventListener("pagehide", () => {
  if (dirty) {
    keep(carried("sent").value);
  }
});
form.addEventListener("submit", () => {
  carried("touched").value = touched();
  if (dirty) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    carried("sent").value = [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
    keep(carried("sent").value); // until a page shows that it arrived
  }
});

// --- what this device still has ---
const fill = (pairs) => {
  for (const set of form.querySelectorAll("[data-rows]")) {
    const pattern = new RegExp(`^${set.dataset.rows}-(\\d+)-`);
    const found = pairs.map(([name]) => name.match(pattern)?.[1]).filter(Boolean);
    const detail = [...new Set(found)].map(Number);
    set.dispatchEvent(new CustomEvent("rows:set", { detail, bubbles: true }));
  }
  for (const field of form.elements) {
    if (!field.name || CARRIED.includes(field.name) || /file|submit/.test(field.type)) {
      continue;
    }
    const values = pairs.filter(([name]) => name === field.name).map(([, value]) => value);
    if (/checkbox|radio/.test(field.type)) {
      field.checked = values.includes(field.value);
    } else {
      field.value = values[0] ?? "";
    }
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
};

const offer = () => {
  const arrived = words.arrived.split(" ");
  const now = typed();
  const open = kept().filter(
    (each) => !(each.sent && arrived.includes(each.sent)) && !same(each.pairs, now),
  );
  write(open);
  const entry = open.at(-1);
  const banner = document.querySelector("[data-kept]");
  banner.hidden = !entry;
  if (entry) {
    const style = { dateStyle: "short", timeStyle: "short" };
    const when = new Date(entry.at).toLocaleString("ja-JP", style);
    banner.querySelector("[data-kept-when]").textContent = `（${when}）`;
  }
  return entry;
};

document.querySelector("[data-kept-restore]").addEventListener("click", () => {
  const entry = kept().at(-1);
  // This page goes on from where the other one was, once and under its own name: if that one still
  // lives, or if somebody else saved since, the server says so.
  carried("draft_version").value = entry.version;
  carried("resumes").value = [entry.resumes, entry.page].filter(Boolean).join(" ");
  base = entry.base;
  fill(entry.pairs);
  drop(entry.page);
  keep();
  document.querySelector("[data-kept]").hidden = true;
  save();
});
document.querySelector("[data-kept-discard]").addEventListener("click", () => {
  drop(kept().at(-1).page);
  offer();
});
offer();
if (dirty) {
  keep();
}
