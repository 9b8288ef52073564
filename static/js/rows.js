// Rows of a form: added and taken off at once. Without this script the same buttons save the form.
//   <fieldset data-rows="kpis" data-most="5"> <div class="rowset__rows"> … <template> with __n__
const rowsOf = (set) => [...set.querySelectorAll(`[data-row-of="${set.dataset.rows}"]`)];

const indexOf = (row) => Number(row.id.slice(row.id.lastIndexOf("-") + 1));

const tidy = (set) => {
  const rows = rowsOf(set);
  rows.forEach((row, place) => {
    row.querySelectorAll("[data-number]").forEach((each) => {
      each.textContent = place + 1;
    });
  });
  set.querySelector("[data-add]").hidden = rows.length >= Number(set.dataset.most);
};

const changed = (set) => set.dispatchEvent(new Event("input", { bubbles: true }));

const addRow = (set, index = Math.max(-1, ...rowsOf(set).map(indexOf)) + 1) => {
  const html = set.querySelector("template").innerHTML.replaceAll("__n__", index);
  set.querySelector(".rowset__rows").insertAdjacentHTML("beforeend", html);
  tidy(set);
  return rowsOf(set).at(-1);
};

// Exactly these rows, asked for by the event "rows:set": for a text that was kept on this device.
document.addEventListener("rows:set", (event) => {
  const indices = event.detail.length ? event.detail : [0];
  rowsOf(event.target).forEach((row) => row.remove());
  indices.forEach((index) => addRow(event.target, index));
});

document.addEventListener("click", (event) => {
  const set = event.target.closest("[data-rows]");
  const row = event.target.closest("[data-remove]")?.closest("[data-row-of]");
  if (set && event.target.closest("[data-add]")) {
    event.preventDefault();
    addRow(set).querySelector("input, select, textarea").focus();
  } else if (set && row) {
    event.preventDefault();
    row.remove();
    if (!rowsOf(set).length) {
      addRow(set);
    }
    tidy(set);
    (set.querySelector("[data-add]:not([hidden])") ?? set.querySelector("input")).focus();
    changed(set);
  }
});
