// Elements: building parts of a page from plain values; text is never read as markup.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export function button(text, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, text);
}

// A coloured mark beside a label's name; the name stands in text, so that the mark is decoration.
export function swatch(label) {
  return element("span", { class: `swatch label-${label}`, "aria-hidden": "true" });
}

// A table that can be scrolled sideways, by keyboard too. A column is {title, numeric}.
export function table(caption, columns, rows, attributes = {}) {
  const head = columns.map(({ title, numeric }) =>
    element("th", { scope: "col", class: numeric ? "numeric" : null }, title),
  );
  const body = rows.map((cells) =>
    element(
      "tr",
      {},
      cells.map((cell, place) => {
        const kind = { class: columns[place].numeric ? "numeric" : null };
        return place === 0
          ? element("th", { scope: "row", ...kind }, cell)
          : element("td", kind, cell);
      }),
    ),
  );
  return element(
    "div",
    { class: "scroller", tabindex: "0", role: "region", "aria-label": caption, ...attributes },
    element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, head)),
      element("tbody", {}, body),
    ),
  );
}

export function section(heading, ...children) {
  return element("section", {}, element("h3", {}, heading), ...children);
}
