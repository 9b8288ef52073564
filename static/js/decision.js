// Fields that belong to one choice only. Without a script everything stays visible.
//   <div data-shown-for="outcome:SENT_BACK,HELD"> ... </div>
// is shown while the radio or select named "outcome" has one of these values. What is hidden is
// disabled too, so that it is neither required nor sent.
const parts = (root = document) => [...root.querySelectorAll("[data-shown-for]")];

const valueOf = (form, name) => {
  const control = form.elements.namedItem(name);
  if (control instanceof HTMLInputElement && control.type === "checkbox") {
    return control.checked ? control.value : "";
  }
  return control?.value ?? "";
};

const refresh = (part) => {
  const form = part.closest("form");
  const [name, values] = part.dataset.shownFor.split(":");
  const shown = values.split(",").includes(valueOf(form, name));
  part.hidden = !shown;
  for (const field of part.querySelectorAll("input, select, textarea")) {
    field.disabled = !shown;
  }
};

// <button data-submit-label> repeats the chosen words: <input type="radio" data-verb="差し戻す">
const relabel = (form) => {
  const chosen = form.querySelector("input[data-verb]:checked");
  const label = form.querySelector("[data-submit-label]");
  if (chosen && label) {
    label.textContent = chosen.dataset.verb;
  }
};

const refreshAll = () => {
  parts().forEach(refresh);
  document.querySelectorAll("form:has([data-submit-label])").forEach(relabel);
};

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form) {
    parts(form).forEach(refresh);
    relabel(form);
  }
});
document.addEventListener("htmx:afterSwap", refreshAll);
addEventListener("pageshow", refreshAll);
refreshAll();
