// Downloads: a record to take along, in the forms that the service makes.

import { button, element } from "./elements.js";
import { analyse } from "./service.js";

const FORMS = [
  ["json", "JSON", "for comparison later, and for programs"],
  ["csv", "CSV", "episodes and events, for a spreadsheet"],
  ["html", "HTML", "this page in one file"],
  ["fhir", "FHIR", "HL7 FHIR R4 observations"],
];

export function downloads(record, asked) {
  const told = element("p", { class: "hint", role: "status" });
  const items = FORMS.map(([kind, name, what]) =>
    element(
      "li",
      {},
      button(name, () => download(kind, record, asked, told), { "aria-describedby": `what-${kind}` }),
      element("span", { class: "hint", id: `what-${kind}` }, what),
    ),
  );
  return element(
    "section",
    { class: "downloads" },
    element("h3", {}, "Take it with you"),
    element("ul", {}, items),
    told,
  );
}

async function download(kind, record, asked, told) {
  const suffix = kind === "fhir" ? "fhir.json" : kind;
  const name = `${asked.file.name.replace(/\.[^.]+$/, "")}.${suffix}`;
  try {
    told.textContent = "Making the file…";
    save(kind === "json" ? bare(record) : await made(kind, asked), name);
    told.textContent = `Saved ${name}.`;
  } catch (error) {
    told.textContent = error.message;
  }
}

// What the service makes of the recording in another form; a page has the figure in it.
function made(kind, { file, fields }) {
  const further = kind === "html" ? { include: "trace" } : {};
  return analyse(file, { ...fields, ...further }, { kind });
}

// A record as it is kept and compared: without its pictures.
function bare(record) {
  const kept = { ...record, trace: null, spectrogram: null };
  kept.further_channels = kept.further_channels.map((one) => ({
    ...one,
    trace: null,
    spectrogram: null,
  }));
  return new Blob([JSON.stringify(kept, null, 2)], { type: "application/json" });
}

function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
