// The total of a review sheet while it is filled in. Without a script it is shown after saving.
//   <div data-scores data-passing="60"> radios [data-counts] … <p data-total-line hidden>
//   <output data-total> <span data-unscored data-words="未採点 %s項目"> <span data-under hidden>
const recount = (sheet) => {
  const names = new Set();
  let sum = 0;
  let given = 0;
  for (const radio of sheet.querySelectorAll("input[data-counts]")) {
    names.add(radio.name);
    if (radio.checked) {
      sum += Number(radio.value);
      given += 1;
    }
  }
  const line = sheet.querySelector("[data-total-line]");
  if (!line || names.size === 0) {
    return;
  }
  const total = Math.round((sum * 100) / (5 * names.size));
  const open = names.size - given;
  line.hidden = given === 0;
  line.querySelector("[data-total]").textContent = String(total);
  const unscored = line.querySelector("[data-unscored]");
  unscored.textContent = open > 0 ? unscored.dataset.words.replace("%s", String(open)) : "";
  line.querySelector("[data-under]").hidden = open > 0 || total >= Number(sheet.dataset.passing);
};

const recountAll = () => document.querySelectorAll("[data-scores]").forEach(recount);

document.addEventListener("change", (event) => {
  const sheet = event.target.closest?.("[data-scores]");
  if (sheet) {
    recount(sheet);
  }
});
document.addEventListener("htmx:afterSwap", recountAll);
addEventListener("pageshow", recountAll);
recountAll();
