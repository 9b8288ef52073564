// Names while typing: fields with data-mention offer the people of <datalist id="people">.
//   <textarea data-mention="@">   offers after an @, <input data-mention="、"> after each 「、」.
// Without a script the input has the browser's own list, and a name can always be typed.
const MOST = 8;
const source = document.getElementById("people");
const people = source ? [...source.options].map((option) => option.value) : [];
const squeeze = (text) => text.normalize("NFKC").replace(/\s/g, "");

// What is being typed: where the name begins, and its letters so far.
const wanted = (field) => {
  const before = field.value.slice(0, field.selectionStart);
  if (field.dataset.mention === "@") {
    const found = /(?:^|[^0-9A-Za-z._+-])[@＠]([^@＠\n、。]{0,20})$/u.exec(before);
    return found && { start: before.length - found[1].length, typed: found[1] };
  }
  const start = Math.max(before.lastIndexOf("、"), before.lastIndexOf(",")) + 1;
  return { start, typed: before.slice(start).trimStart() };
};

const fitting = (typed) => {
  const letters = squeeze(typed);
  return letters === ""
    ? []
    : people.filter((name) => squeeze(name).includes(letters)).slice(0, MOST);
};

let number = 0;

class Picker {
  constructor(field) {
    this.field = field;
    this.list = document.createElement("ul");
    this.list.id = `names-${++number}`;
    this.list.className = "picker";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", field.labels?.[0]?.firstChild?.textContent?.trim() ?? "");
    this.list.hidden = true;
    field.after(this.list);
    field.removeAttribute("list");
    this.isText = field.matches("textarea"); // stays a textbox: it may not be called a combobox
    if (!this.isText) {
      field.setAttribute("role", "combobox");
      field.setAttribute("aria-expanded", "false");
    }
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.list.id);
    field.addEventListener("input", (event) => event.isComposing || this.offer());
    field.addEventListener("compositionend", () => this.offer());
    field.addEventListener("keydown", (event) => this.press(event));
    field.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) {
        this.take(option);
      }
    });
  }

  offer() {
    const names = fitting(wanted(this.field)?.typed ?? "");
    this.list.replaceChildren(
      ...names.map((name, index) => {
        const option = document.createElement("li");
        option.id = `${this.list.id}-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = name;
        return option;
      }),
    );
    this.show(names.length > 0);
    this.point(-1);
  }

  show(isShown) {
    this.list.hidden = !isShown;
    if (!this.isText) {
      this.field.setAttribute("aria-expanded", String(isShown));
    }
  }

  // -1: none; the field keeps the focus and names the option that Enter would take.
  point(index) {
    const options = [...this.list.children];
    this.at = options.length ? index % options.length : -1;
    options.forEach((each, i) => each.setAttribute("aria-selected", String(i === this.at)));
    if (this.at < 0) {
      this.field.removeAttribute("aria-activedescendant");
    } else {
      this.field.setAttribute("aria-activedescendant", options[this.at].id);
      options[this.at].scrollIntoView({ block: "nearest" });
    }
  }

  press(event) {
    const composing = event.isComposing || event.keyCode === 229;
    if (this.list.hidden || composing || event.ctrlKey || event.metaKey) {
      return;
    }
    const last = this.list.children.length - 1;
    const moves = {
      ArrowDown: () => this.point(this.at < 0 ? 0 : this.at + 1),
      ArrowUp: () => this.point(this.at <= 0 ? last : this.at - 1),
      Escape: () => this.close(),
    };
    if (moves[event.key]) {
      event.preventDefault();
      moves[event.key]();
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      event.stopPropagation();
      this.take(this.list.children[this.at]);
    }
  }

  take(option) {
    const { start } = wanted(this.field);
    const name = this.isText ? option.textContent.replace(/（.*$/u, "") : option.textContent;
    const end = this.field.selectionStart;
    this.field.setRangeText(name + (this.isText ? " " : "、"), start, end, "end");
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
  }

  close() {
    this.show(false);
    this.field.removeAttribute("aria-activedescendant");
    this.at = -1;
  }
}

if (people.length) {
  document.querySelectorAll("[data-mention]").forEach((field) => new Picker(field));
}
