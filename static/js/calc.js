// The effect calculator: what the server computes again on save, shown while typing.
//   <form data-calc data-hourly-yen="2500">
//     <input data-calc-in="count"> <input data-calc-in="before"> <input data-calc-in="after"> …
//     <output data-calc-out="hours"> <output data-calc-out="yen" data-unit="1000"> …
const number = (text) => {
  const plain = text.normalize("NFKC").replace(/[,\s]/g, "").replace("−", "-");
  return plain === "" || Number.isNaN(Number(plain)) ? null : Number(plain);
};

const read = (root, name) => {
  const field = root.querySelector(`[data-calc-in="${name}"]`);
  const value = field && number(field.value);
  return value === null || value === undefined ? null : value * Number(field.dataset.unit ?? 1);
};

const write = (root, name, value, digits = 0) => {
  const place = root.querySelector(`[data-calc-out="${name}"]`);
  if (place) {
    const scaled = value === null ? null : value / Number(place.dataset.unit ?? 1);
    const rule = { maximumFractionDigits: digits };
    place.textContent = scaled === null ? "－" : scaled.toLocaleString("ja-JP", rule);
  }
};

// count × (before − after) ÷ divisor; nothing is claimed while an answer is open, as the server
const saved = (root, prefix, divisor) => {
  const [count, before, after] = ["count", `${prefix}before`, `${prefix}after`].map((name) =>
    read(root, name),
  );
  const complete = count !== null && before !== null && after !== null;
  return complete ? Math.round((count * (before - after)) / divisor) : null;
};

const calculate = (root) => {
  const hours = saved(root, "", 60);
  const yen = hours === null ? null : hours * Number(root.dataset.hourlyYen ?? 0);
  const cost = read(root, "cost");
  const left = yen === null ? 0 : yen - (read(root, "running") ?? 0);
  write(root, "hours", hours);
  write(root, "yen", yen);
  write(root, "years", cost > 0 && left > 0 ? cost / left : null, 1);
  write(root, "citizen-hours", saved(root, "citizen-", 60));
  write(root, "visits", saved(root, "visits-", 1));
};

document.addEventListener("input", (event) => {
  const root = event.target.closest?.("[data-calc]");
  if (root) {
    calculate(root);
  }
});
document.querySelectorAll("[data-calc]").forEach(calculate);
