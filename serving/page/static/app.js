// App: from a chosen file to its record, one thing at a time.

import { explained, failed, waiting, windowAround } from "./closer.js";
import { downloads } from "./downloads.js";
import { button, element } from "./elements.js";
import { Form } from "./form.js";
import { recordOf } from "./record.js";
import { analyse, loadPlotly } from "./service.js";
import { counted, duration } from "./words.js";

const find = (id) => document.getElementById(id);
const form = new Form();
let file = null;
let stop = null;
let presented = null;

async function choose(chosen, known = null) {
  abandon();
  again(true);
  file = chosen;
  fault(null);
  // Until a file has been looked at, the form is still about the one before.
  find("analyse").disabled = true;
  try {
    // A file that was chosen later may have been looked at sooner.
    if (!(await form.about(chosen, known, () => file === chosen))) return;
  } catch {
    if (file === chosen) fault(`${chosen.name} cannot be read. Choose another, or choose it again.`);
    return;
  }
  find("analyse").disabled = false;
  if (known) await run();
  else find("about-title").focus();
}

// Whatever is under way is for a file that nobody looks at any more.
function abandon() {
  stop?.abort();
  stop = null;
  busy(false);
}

// A run keeps the file and the fields that it began with: others may be chosen while it waits.
async function run() {
  abandon();
  fault(null);
  const mine = new AbortController();
  stop = mine;
  const asked = { file };
  try {
    const { fields, problem, at } = await form.fields();
    mine.signal.throwIfAborted();
    if (problem) {
      fault(problem);
      form.focus(at);
      return;
    }
    asked.fields = fields;
    busy(true);
    const record = await recordFor(asked, mine.signal);
    // One that comes too late would stand under the name of another file.
    mine.signal.throwIfAborted();
    present(record, asked);
  } catch (error) {
    if (stop === mine) fault(error.message);
  } finally {
    if (stop === mine) busy(false);
  }
}

async function recordFor({ file: sent, fields }, signal) {
  const options = { onProgress: uploaded, signal };
  const answer = await analyse(sent, { ...fields, include: "trace" }, options);
  const record = JSON.parse(await answer.text());
  await loadPlotly();
  return record;
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

function present(record, asked) {
  again(false);
  const onPlace = (...place) => explain(asked, ...place);
  const shown = recordOf(record, `Record of ${asked.file.name}`, { onPlace });
  presented?.forget();
  presented = shown;
  shown.element.append(downloads(record, asked));
  const more = element(
    "p",
    { class: "again" },
    button("Another recording", () => again(true, "choose-title")),
    button("Change what was said of it", () => again(true, "about-title")),
  );
  find("result").replaceChildren(more, shown.element);
  shown.draw();
  const found = `${duration(record.usable_s)} of usable signal, ${counted(record.episodes.length)}`;
  find("status").textContent = `Done. ${found}.`;
  shown.element.querySelector("h2").focus();
}

// Shows, or puts away, what comes before a record.
function again(is, focus = null) {
  find("choose").hidden = !is;
  find("about").hidden = !is || !file;
  if (focus) find(focus).focus();
}

async function explain(asked, seconds, figure, place, channel) {
  const stretch = windowAround(seconds, figure);
  figure.mark(stretch);
  const shown = waiting(stretch);
  for (const plot of place.querySelectorAll(".detail")) window.Plotly.purge(plot);
  place.replaceChildren(shown);
  const fields = { ...asked.fields, ...around(stretch, figure.record), include: "why,trace" };
  delete fields.earlier;
  if (channel !== null) fields.channel = JSON.stringify([channel]);
  try {
    const answer = await analyse(asked.file, fields);
    const span = figure.spanAt(seconds);
    const told = explained(JSON.parse(await answer.text()), stretch, span);
    // Another place, or another file, may have been asked about meanwhile.
    if (!shown.isConnected) return;
    shown.replaceWith(told);
    const verdict = [...told.querySelectorAll("h3 ~ p")].map((each) => each.textContent);
    find("status").textContent = `Explained below the figure. ${verdict.join(" ")}`;
  } catch (error) {
    shown.replaceWith(failed(stretch, error.message));
  }
}

// A little more than a window, so that rounding to samples does not cut it.
function around([from, to], { recording }) {
  const margin = 1.5 / recording.sampling_rate_hz;
  return { from_s: Math.max(0, from - margin), to_s: to + margin };
}

async function offerExamples() {
  const answer = await fetch("app/examples.json");
  const examples = answer.ok ? await answer.json() : [];
  const items = examples.map(({ file: name, title, what, known }) => {
    const act = async () => {
      const before = file;
      const example = await exampleOf(name).catch(() => null);
      if (file !== before) return;
      if (example) await choose(example, known);
      else fault("The example could not be loaded. Try again.");
    };
    const offer = button("", act, { class: "example" });
    offer.append(element("strong", {}, title), element("span", {}, what));
    return element("li", {}, offer);
  });
  find("examples").replaceChildren(...items);
}

async function exampleOf(name) {
  const answer = await fetch(`app/${name}`);
  return answer.ok ? new File([await answer.blob()], name) : null;
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
  find("cancel").addEventListener("click", () => stop?.abort(new Error("Stopped.")));
  find("other").addEventListener("click", () => find("file").click());
}

listen();
// Plotly comes while a person looks for a file.
offerExamples().then(() => loadPlotly().catch(() => null));
