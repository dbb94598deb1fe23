// Form: what a person says about a file, filled in as far as the file says it itself.

import { element } from "./elements.js";
import { look } from "./reading.js";
import { MODALITIES, unit as unitName } from "./words.js";

const find = (id) => document.getElementById(id);

export class Form {
  constructor() {
    this.form = find("about");
    this.boxes = [];
    this.columns = [];
    for (const radio of this.form.elements.modality) {
      radio.addEventListener("change", () => this.offerUnits());
    }
  }

  // Fills in what a file says, or what is known of an example, while it is still the one wanted.
  async about(file, known = null, wanted = () => true) {
    const found = known ?? (await look(file));
    if (!wanted()) return false;
    this.form.reset();
    find("file-name").textContent = `${file.name}, ${sizeOf(file.size)}`;
    if (found.modality) this.form.elements.modality.value = found.modality;
    this.offerUnits(found.unit);
    this.offerColumns(known ? columnsOf(known) : found.columns);
    find("rate").value = found.rate ? String(Number(found.rate.toFixed(3))) : "";
    this.timeColumn = found.timeColumn ?? null;
    find("time-column").value = found.timeColumn?.name ?? "";
    find("time-unit").value = found.timeUnit ?? "";
    const said = known ? "This recording is simulated." : saidOf(found);
    find("found").textContent = said;
    find("found").hidden = !said;
    this.form.hidden = false;
    return true;
  }

  offerUnits(chosen = "") {
    const { units } = MODALITIES[this.form.elements.modality.value] ?? { units: [] };
    const options = units.map((name) => element("option", { value: name }, unitName(name)));
    const asWritten = element("option", { value: "" }, "as the file says");
    find("unit").replaceChildren(asWritten, ...options);
    find("unit").value = units.includes(chosen) ? chosen : "";
  }

  // Boxes to tick where the columns are known, a line of text where they are not.
  offerColumns(columns = []) {
    const known = columns.length > 0 && columns.length <= 64;
    find("columns-field").hidden = known;
    find("columns-choice").hidden = !known;
    this.columns = known ? columns : [];
    this.boxes = this.columns.map(({ chosen }) =>
      element("input", { type: "checkbox", checked: chosen }),
    );
    find("columns-choice").replaceChildren(
      element("legend", {}, "Columns to read"),
      ...this.boxes.map((box, k) => element("label", {}, box, ` ${shownAs(columns, k)}`)),
    );
  }

  // The fields of a request, as the service names them; a sentence when something is missing.
  async fields() {
    const fields = Object.fromEntries(new FormData(this.form));
    // Names may repeat, or hold commas: the service is told where columns are.
    const chosen = this.columns.filter((_, k) => this.boxes[k].checked);
    if (chosen.length) {
      fields.columns = JSON.stringify(chosen.map(({ name, place }) => place ?? name));
    }
    if (this.timeColumn && fields.time_column === this.timeColumn.name) {
      fields.time_column = JSON.stringify([this.timeColumn.place]);
    }
    if (!fields.modality) return { problem: "Say what kind of signal it is.", at: "modality" };
    if (this.boxes.length && !chosen.length) {
      return { problem: "Choose at least one column.", at: "columns" };
    }
    const [earlier] = find("earlier").files;
    if (earlier) fields.earlier = await earlier.text();
    if (earlier && !isRecord(fields.earlier)) {
      const problem = `${earlier.name} is no earlier record. Choose the file that was saved as JSON.`;
      return { problem, at: "earlier" };
    }
    return { fields };
  }

  // Puts the focus where something is missing.
  focus(at) {
    const places = { modality: this.form.elements.modality[0], earlier: find("earlier") };
    (places[at] ?? this.boxes[0]).focus();
  }
}

// Whether a text is a record as the page saves it, as far as can be seen from outside.
function isRecord(text) {
  try {
    const { recording, timeline } = JSON.parse(text);
    return Boolean(recording && timeline);
  } catch {
    return false;
  }
}

// The columns of an example, which are known by their names.
function columnsOf({ columns, chosen }) {
  return columns?.map((name) => ({ name, chosen: chosen.includes(name) }));
}

// A name, with its number where it would not tell one column from another.
function shownAs(columns, k) {
  const { name, place } = columns[k];
  const same = columns.filter((each) => each.name === name).length;
  if (!name) return `column ${place + 1}, without a name`;
  return same > 1 ? `${name} (column ${place + 1})` : name;
}

function saidOf({ said, columns, rate, seen_hz: seen, timeColumn, stated }) {
  const parts = [];
  if (said) parts.push(said);
  if (columns?.length) {
    const names = columns.slice(0, 8).map((_, k) => shownAs(columns, k));
    const more = columns.length > names.length ? " and more" : "";
    const many = `${columns.length} ${columns.length === 1 ? "column" : "columns"}`;
    parts.push(`${many}: ${names.join(", ")}${more}`);
  }
  if (stated && rate) parts.push(`${Number(rate.toFixed(2))} samples a second`);
  if (timeColumn) {
    const pace = seen ? `, about ${Number(seen.toPrecision(4))} samples a second` : "";
    parts.push(`times in ${timeColumn.name}${pace}`);
  }
  return parts.length ? `Found in the file: ${parts.join("; ")}.` : "";
}

function sizeOf(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
