// App: from a chosen file to its record, one thing at a time.

import { explained, failed, waiting, windowAround } from "./closer.js";
import { button, element } from "./elements.js";
import { Form } from "./form.js";
import { recordOf } from "./record.js";
import { analyse, loadPlotly } from "./service.js";
import { duration } from "./words.js";

const find = (id) => document.getElementById(id);
const form = new Form();
let file = null;
let sent = null;
let stop = null;

async function choose(chosen, known = null) {
  stop?.abort();
  stop = null;
  busy(false);
  again(true);
  file = chosen;
  fault(null);
  await form.about(chosen, known);
  if (known) await run();
  else find("about-title").focus();
}

async function run() {
  fault(null);
  const { fields, problem, at } = await form.fields();
  if (problem) {
    fault(problem);
    form.focus(at);
    return;
  }
  busy(true);
  const mine = new AbortController();
  stop = mine;
  try {
    const options = { onProgress: uploaded, signal: mine.signal };
    const answer = await analyse(file, { ...fields, include: "trace" }, options);
    const record = JSON.parse(await answer.text());
    await loadPlotly();
    sent = { file, fields };
    present(record);
  } catch (error) {
    // Another file may have been chosen meanwhile.
    if (stop === mine) fault(error.message);
  } finally {
    if (stop === mine) busy(false);
  }
}

function uploaded(share) {
  const text = share < 1 ? `Uploading, ${Math.round(100 * share)} %` : "Analysing";
  find("progress-text").textContent = text;
  find("progress-bar").value = share;
  // Without a value the bar says that something is going on, not how far it is.
  if (share === 1) {
    find("progress-bar").removeAttribute("value");
    find("status").textContent = "Uploaded. Analysing.";
  }
}

function busy(is) {
  find("progress").hidden = !is;
  find("cancel").hidden = !is;
  find("analyse").disabled = is;
  find("result").setAttribute("aria-busy", String(is));
  if (is) {
    find("status").textContent = "Uploading.";
    uploaded(0);
  }
}

function fault(sentence) {
  const place = find("error");
  place.hidden = !sentence;
  place.textContent = sentence ?? "";
  if (sentence) {
    find("status").textContent = "";
    place.focus();
  }
}

function present(record) {
  again(false);
  const shown = recordOf(record, `Record of ${file.name}`, { onPlace: explain });
  shown.element.append(downloads(record));
  const more = element(
    "p",
    { class: "again" },
    button("Another recording", () => again(true)),
    button("Change what was said of it", () => again(true, "about-title")),
  );
  find("result").replaceChildren(more, shown.element);
  shown.draw();
  const found = `${duration(record.usable_s)} of usable signal, ${record.episodes.length} episodes`;
  find("status").textContent = `Done. ${found}.`;
  shown.element.querySelector("h2").focus();
}

// Shows, or puts away, what comes before a record.
function again(is, focus = null) {
  find("choose").hidden = !is;
  find("about").hidden = !is || !file;
  if (focus) find(focus).focus();
}

async function explain(seconds, figure, place, channel) {
  const stretch = windowAround(seconds, figure);
  figure.mark(stretch);
  const asked = waiting(stretch);
  place.replaceChildren(asked);
  const fields = { ...sent.fields, ...around(stretch, figure.record), include: "why,trace" };
  delete fields.earlier;
  if (channel !== null) fields.channel = channel;
  try {
    const answer = await analyse(sent.file, fields);
    const told = explained(JSON.parse(await answer.text()), stretch);
    // Nothing is left to answer when another place has been asked about meanwhile.
    asked.replaceWith(told);
    const verdict = told.querySelector("p").textContent;
    find("status").textContent = `Explained below the figure. ${verdict}`;
  } catch (error) {
    asked.replaceWith(failed(stretch, error.message));
  }
}

// A little more than a window, so that rounding to samples does not cut it.
function around([from, to], { recording }) {
  const margin = 1.5 / recording.sampling_rate_hz;
  return { from_s: Math.max(0, from - margin), to_s: to + margin };
}

const FORMS = [
  ["json", "JSON", "for comparison later, and for programs"],
  ["csv", "CSV", "episodes and events, for a spreadsheet"],
  ["html", "HTML", "this page in one file"],
  ["fhir", "FHIR", "HL7 FHIR R4 observations"],
];

function downloads(record) {
  const told = element("p", { class: "hint", role: "status" });
  const items = FORMS.map(([kind, name, what]) =>
    element(
      "li",
      {},
      button(name, () => download(kind, record, told), { "aria-describedby": `what-${kind}` }),
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

async function download(kind, record, told) {
  const suffix = kind === "fhir" ? "fhir.json" : kind;
  const name = `${sent.file.name.replace(/\.[^.]+$/, "")}.${suffix}`;
  try {
    told.textContent = "Making the file…";
    save(kind === "json" ? plain(record) : await made(kind), name);
    told.textContent = `Saved ${name}.`;
  } catch (error) {
    told.textContent = error.message;
  }
}

// What the service makes of the recording in another form; a page has the figure in it.
function made(kind) {
  const fields = kind === "html" ? { ...sent.fields, include: "trace" } : sent.fields;
  return analyse(sent.file, fields, { kind });
}

// A record as it is kept and compared: without its pictures.
function plain(record) {
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

async function offerExamples() {
  const answer = await fetch("app/examples.json");
  const examples = answer.ok ? await answer.json() : [];
  const items = examples.map(({ file: name, title, what, known }) => {
    const act = async () => {
      const bytes = await (await fetch(`app/${name}`)).blob();
      await choose(new File([bytes], name), known);
    };
    const offer = button("", act, { class: "example" });
    offer.append(element("strong", {}, title), element("span", {}, what));
    return element("li", {}, offer);
  });
  find("examples").replaceChildren(...items);
}

function listen() {
  const drop = find("drop");
  find("file").addEventListener("change", ({ target }) => {
    if (target.files[0]) choose(target.files[0]);
    target.value = "";
  });
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer?.files[0]) choose(event.dataTransfer.files[0]);
    });
  }
  find("about").addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  find("cancel").addEventListener("click", () => stop?.abort());
  find("other").addEventListener("click", () => find("file").click());
}

listen();
// Plotly comes while a person looks for a file.
offerExamples().then(() => loadPlotly().catch(() => null));
