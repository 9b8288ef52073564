// The effect calculator: what the server computes again on save, shown while typing. Both are held
// to one table of results, tests/bpr_projects/effects.json.
//   <form data-calc data-hourly-yen="2500">
//     <input data-calc-in="count" data-calc-unit="件" data-calc-most="10000000" data-calc-whole> …
//     <div data-less="の減" data-more="の増"> <output data-calc-out="hours" data-unit="時間"> …
const WHOLE = /^[+-]?\d{1,15}$/;
const DECIMAL = /^[+-]?\d{1,15}(\.\d{1,2})?$/;

// A figure as the server reads it: full-width digits, commas and the unit behind it are welcome.
const read = (root, name) => {
  const field = root.querySelector(`[data-calc-in="${name}"]`);
  if (!field) {
    return null;
  }
  const { calcUnit, calcMost, calcWhole } = field.dataset;
  const text = field.value.normalize("NFKC").replace(/[,\s]/g, "").replaceAll("−", "-");
  const bare = text.replace(new RegExp(`${calcUnit.normalize("NFKC")}$`), "");
  const isRead = (calcWhole === undefined ? DECIMAL : WHOLE).test(bare);
  const value = isRead ? Number(bare) : -1;
  return value >= 0 && value <= Number(calcMost) ? value : null;
};

// Rounded as people round: a half goes up, and below zero down; never −0.
const whole = (value) => Math.sign(value) * Math.round(Math.abs(value)) || 0;

// What is typed has two decimals at most: counted in hundredths it is exact.
const hundredths = (value) => Math.round(value * 100);

// count × (before − after) ÷ divisor; nothing is claimed while an answer is open
const saved = (root, prefix, divisor) => {
  const [count, before, after] = ["count", `${prefix}before`, `${prefix}after`].map((name) =>
    read(root, name),
  );
  const isComplete = count !== null && before !== null && after !== null;
  const less = isComplete ? hundredths(before) - hundredths(after) : 0;
  return whole((count * less) / (divisor * 100));
};

const figure = (value, digits = 0) =>
  value.toLocaleString("ja-JP", { minimumFractionDigits: digits });

const write = (root, name, words) => {
  const place = root.querySelector(`[data-calc-out="${name}"]`);
  if (place) {
    const { less, more } = place.closest("[data-less]").dataset;
    place.textContent = words(place.dataset.unit, less, more);
  }
};

const change = (value) => (unit, less, more) =>
  value ? `${figure(Math.abs(value))}${unit}${value > 0 ? less : more}` : `±0${unit}`;

const calculate = (root) => {
  const hours = saved(root, "", 60);
  const yen = hours * Number(root.dataset.hourlyYen ?? 0);
  const cost = read(root, "cost") ?? 0;
  const left = yen - (read(root, "running") ?? 0);
  const years = cost > 0 && left > 0 ? whole((cost * 10) / left) / 10 : null;
  write(root, "hours", change(hours));
  write(root, "yen", change(whole(yen / 100) / 10)); // in thousands, with one decimal
  write(root, "years", (unit) => (years === null ? "－" : `${figure(years, 1)}${unit}`));
  write(root, "citizen-hours", change(saved(root, "citizen-", 60)));
  write(root, "visits", change(saved(root, "visits-", 1)));
};

document.addEventListener("input", (event) => {
  const root = event.target.closest?.("[data-calc]");
  if (root) {
    calculate(root);
  }
});
document.querySelectorAll("[data-calc]").forEach(calculate);
