// Closer: one window of the recording, what the model made of it, and why.

import { ticks } from "./axes.js";
import { element, swatch, table } from "./elements.js";
import { scalable } from "./print.js";
import { heights, lineOf, readTrace } from "./picture.js";
import { coloursNow } from "./theme.js";
import { clock, either, LABELS, number, percent, plain, reason, title, unit } from "./words.js";

const MOST = 8;
const SHADES = ["signal", "tremor", "clonus"];
const DASHES = ["solid", "dash", "dot"];

// The window whose middle is nearest to a time, of those that a record rests on.
export function windowAround(seconds, { record, start, end }) {
  const { window_s: length, hop_s: hop } = record.settings;
  const nearest = Math.round((seconds - length / 2) / hop);
  const last = Math.floor((end - length) / hop + 1e-6);
  const place = Math.max(Math.ceil(start / hop - 1e-6), Math.min(nearest, last));
  return [place * hop, place * hop + length];
}

// What stands under the figure while the service is asked.
export function waiting([from, to]) {
  return panel(from, to, element("p", { class: "hint" }, "Asking the service…"));
}

export function failed([from, to], sentence) {
  return panel(from, to, element("p", { class: "error", role: "alert" }, sentence));
}

function panel(from, to, ...children) {
  const heading = element("h3", {}, `Why, at ${clock(from, 1)} to ${clock(to, 1)}?`);
  return element("section", { class: "closer" }, heading, children);
}

// The answer to the window of `report` that lies best in a stretch. `told` is the span of the
// timeline at the place that was asked about, which rests on more than this window.
export function explained(report, [from, to], told) {
  const distance = (answer) => Math.abs(answer.start_s - from);
  const [answer] = [...(report.windows ?? [])].sort((a, b) => distance(a) - distance(b));
  if (!answer) return failed([from, to], "There is no window here.");
  const aside = otherwise(answer, told);
  const host = panel(from, to, verdict(answer), aside, element("div", { class: "columns" }));
  const columns = host.lastChild;
  if (report.trace) host.insertBefore(drawn(report), columns);
  if (answer.probabilities) columns.append(chances(answer));
  if (answer.contributions.length) columns.append(reasons(answer));
  return host;
}

function verdict(answer) {
  const { label, candidates } = answer;
  const might = candidates.length > 1 ? `: it might be ${either(candidates)}` : "";
  const because = answer.reason ? ` (${reason(answer.reason)})` : "";
  const pace = answer.dominant_frequency_hz;
  const rhythm = pace ? `. Strongest rhythm at ${pace.toFixed(1)} Hz` : "";
  const named = element("strong", { class: "named" }, swatch(label), title(label));
  return element("p", {}, named, `${might}${because}${rhythm}.`);
}

// A single window may say what the record does not: that must not look like the record's answer.
function otherwise({ label }, told) {
  if (!told || told.label === label) return null;
  const candidates = told.label === "undecided" ? told.candidates : [];
  const might = candidates.length ? ` (${either(candidates)})` : "";
  const sentence =
    `This is one window. The record says ${title(told.label).toLowerCase()}${might} here, because` +
    " it takes all windows that hold this moment together, and their neighbours.";
  return element("p", { class: "hint" }, sentence);
}

function meter(share, kind) {
  const made = element("span", { class: `meter ${kind}`, "aria-hidden": "true" });
  made.style.setProperty("--share", share);
  return made;
}

function chances(answer) {
  const rows = Object.entries(answer.probabilities)
    .sort(([a], [b]) => Object.keys(LABELS).indexOf(a) - Object.keys(LABELS).indexOf(b))
    .map(([label, p]) => [
      element("span", { class: "named" }, swatch(label), title(label)),
      element("span", { class: "measured" }, meter(p, `label-${label}`), percent(p)),
    ]);
  const columns = [{ title: "Class" }, { title: "Probability, %", numeric: true }];
  return table("How probable each class is", columns, rows);
}

function reasons(answer) {
  const largest = [...answer.contributions]
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, MOST);
  const most = Math.abs(largest[0].contribution) || 1;
  const rows = largest.map(({ title: name, value, unit: of, contribution }) => [
    name,
    `${number(value)}${of === "1" ? "" : ` ${unit(of)}`}`,
    element(
      "span",
      { class: "measured" },
      meter(Math.abs(contribution) / most, contribution < 0 ? "against" : "for"),
      `${contribution < 0 ? "against" : "for"} ${number(Math.abs(contribution), 2)}`,
    ),
  ]);
  const explainedClass = title(answer.explained_class ?? answer.label).toLowerCase();
  const columns = [
    { title: "What was measured" },
    { title: "Value", numeric: true },
    { title: "Speaks", numeric: true },
  ];
  return table(`What speaks for ${explainedClass}, and against it`, columns, rows);
}

// The window itself, sample by sample where the trace is fine enough, each channel around its own
// middle: the axes of an accelerometer lie apart by gravity.
function drawn(report) {
  const host = element("div", { class: "detail", "aria-hidden": "true" });
  const picture = readTrace(report.trace);
  const range = [picture.startS, picture.startS + picture.count * picture.columnS];
  const { middles } = heights(picture);
  const colours = coloursNow();
  const lines = picture.channels.map((_, index) => {
    const { x, y } = lineOf(picture, index, range, 1600);
    return {
      x,
      y: y.map((value) => (value === null ? null : value - middles[index])),
      name: plain(report.recording.channels[index], 24),
      type: "scatter",
      mode: "lines",
      line: { width: 1.2, color: colours[SHADES[index % 3]], dash: DASHES[index % 3] },
      hoverinfo: "skip",
    };
  });
  const layout = layoutOf(range, unit(report.recording.unit), lines.length > 1, colours);
  const config = { displayModeBar: false, responsive: true };
  requestAnimationFrame(async () => {
    await window.Plotly.newPlot(host, lines, layout, config);
    scalable(host, host.clientWidth, layout.height);
  });
  return host;
}

function layoutOf(range, unitName, showlegend, colours) {
  return {
    height: 190,
    margin: { t: 24, r: 10, b: 40, l: 64 },
    paper_bgcolor: colours.surface,
    plot_bgcolor: colours.surface,
    font: { family: colours.font, size: 12, color: colours.muted },
    dragmode: false,
    hovermode: false,
    showlegend,
    legend: { orientation: "h", x: 0, y: 1.18 },
    xaxis: { range, gridcolor: colours.grid, fixedrange: true, ...ticks(range, 700) },
    yaxis: {
      gridcolor: colours.grid,
      fixedrange: true,
      zeroline: false,
      title: { text: unitName },
    },
  };
}
