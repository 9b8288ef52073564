// The effect calculator: what the server computes again on save, shown while typing.
//   <fieldset data-calc data-hourly-yen="2500">
//     <input data-calc-in="count"> <input data-calc-in="before"> <input data-calc-in="after">
//     <input data-calc-in="cost">  (yen; times data-unit of the input, 1000 for 千円)
//     <output data-calc-out="hours"> <output data-calc-out="yen"> <output data-calc-out="years">
const number = (text) => {
  const plain = text.normalize("NFKC").replace(/[,\s]/g, "");
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

const calculate = (root) => {
  const [count, before, after, cost] = ["count", "before", "after", "cost"].map((name) =>
    read(root, name),
  );
  const complete = count !== null && before !== null && after !== null;
  const hours = complete ? Math.round((count * (before - after)) / 60) : null; // as the server
  const yen = hours === null ? null : hours * Number(root.dataset.hourlyYen ?? 0);
  write(root, "hours", hours);
  write(root, "yen", yen);
  write(root, "years", cost !== null && yen > 0 ? cost / yen : null, 1);
};

document.addEventListener("input", (event) => {
  const root = event.target.closest?.("[data-calc]");
  if (root) {
    calculate(root);
  }
});
document.querySelectorAll("[data-calc]").forEach(calculate);
