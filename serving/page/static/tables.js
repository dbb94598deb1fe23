// Tables: everything that the figure shows, and more, in words and numbers.

import { button, element, section, swatch, table } from "./elements.js";
import {
  clock,
  duration,
  either,
  FLAGS,
  interval,
  LABELS,
  number,
  percent,
  rate,
  reason,
  title,
  unit,
} from "./words.js";

const MOST_ROWS = 200;
const ORDER = Object.keys(LABELS);

function named(label) {
  return element("span", { class: "named" }, swatch(label), title(label));
}

function byLabel([a], [b]) {
  return ORDER.indexOf(a) - ORDER.indexOf(b);
}

// A table of a few rows at first, and of more when asked for. Where there are more than are listed,
// that is said: on paper no button tells of it.
function long(caption, columns, rows, shown = 12) {
  const host = element("div", {}, table(caption, columns, rows.slice(0, shown)));
  if (rows.length <= shown) return host;
  const most = rows.slice(0, MOST_ROWS);
  const which = most.length < rows.length ? "the first" : "all";
  const more = button(`Show ${which} ${most.length}`, () => {
    host.replaceChildren(table(caption, columns, most, { class: "scroller tall" }));
    host.firstChild.focus();
    if (most.length < rows.length) host.append(leftOut(most.length, rows.length, "hint"));
  });
  host.append(more, leftOut(shown, rows.length, "hint on-paper"));
  return host;
}

function leftOut(listed, all, kind) {
  const told = `The first ${listed} of ${all}. The record as JSON or CSV has them all.`;
  return element("p", { class: kind }, told);
}

export function rates(record) {
  const columns = [
    { title: "What" },
    { title: "Count", numeric: true },
    { title: "Per minute", numeric: true },
    { title: "95 % interval", numeric: true },
    { title: "Over", numeric: true },
  ];
  const rows = Object.entries(record.rates)
    .map(([name, value]) => [name.replace("_episodes", ""), name, value])
    .sort(byLabel)
    .map(([label, name, value]) => [
      element(
        "span",
        { class: "named" },
        swatch(label),
        `${title(label)} ${name.endsWith("_episodes") ? "episodes" : "events"}`,
      ),
      String(value.count),
      rate(value.per_minute),
      interval(value.low, value.high, rate),
      duration(60 * value.minutes),
    ]);
  return rows.length ? section("How often", table("Rates", columns, rows)) : null;
}

export function shares(record) {
  const columns = [
    { title: "Answer" },
    { title: "Time", numeric: true },
    { title: "Share, %", numeric: true },
    { title: "95 % interval", numeric: true },
  ];
  const known = Object.entries(record.shares).sort(byLabel);
  const rows = known.map(([label, value]) => [
    named(label),
    duration(value.seconds),
    tenths(value.share),
    interval(value.low, value.high, tenths),
  ]);
  return section("How long", bar(known), table("Shares of usable time", columns, rows));
}

// In percent, all with one digit behind the point, so that shares can be added up.
function tenths(share) {
  return share === null ? "–" : (100 * share).toFixed(1);
}

// All shares side by side; the table below says the same.
function bar(known) {
  const parts = known
    .filter(([, { share }]) => share > 0)
    .map(([label, { share }]) => {
      const part = element("span", { class: `label-${label}` });
      part.style.flexGrow = share;
      return part;
    });
  return element("div", { class: "bar", "aria-hidden": "true" }, parts);
}

export function amplitudes(record) {
  const known = Object.entries(record.amplitudes).sort(byLabel);
  if (!known.length) return null;
  const titles = ["5 %", "25 %", "Median", "75 %", "95 %", "Number"];
  const columns = [{ title: "What" }, ...titles.map((each) => ({ title: each, numeric: true }))];
  const rows = known.map(([label, p]) => [
    named(label),
    ...[p.p5, p.p25, p.p50, p.p75, p.p95].map((value) => number(value)),
    String(p.count),
  ]);
  const heading = `How large, peak to peak in ${unit(record.recording.unit)}`;
  return section(heading, table("Sizes", columns, rows));
}

function when(start, length, show, at = start) {
  const text = clock(at, 1);
  return show
    ? button(text, () => show(start, start + length), {
        class: "link",
        title: "Show in the figure",
      })
    : text;
}

export function episodes(record, show) {
  const size = `Amplitude, ${unit(record.recording.unit)}`;
  const titles = ["Lasts", "Frequency, Hz", "Spread, Hz", "Cycles", size, "Probability, %"];
  const columns = [
    { title: "Starts" },
    { title: "Answer" },
    ...titles.map((each) => ({ title: each, numeric: true })),
  ];
  const rows = record.episodes.map((e) => [
    when(e.start_s, e.duration_s, show),
    named(e.label),
    duration(e.duration_s),
    number(e.dominant_frequency_hz),
    number(e.frequency_spread_hz, 2),
    e.cycles === null ? "–" : String(e.cycles),
    number(e.amplitude),
    percent(e.probability),
  ]);
  const none = element("p", {}, "None. Rest, and what is undecided or not usable, is no episode.");
  return section("Episodes", rows.length ? long("Episodes", columns, rows) : none);
}

export function events(record, show) {
  if (!record.events.length) return null;
  const titles = ["Lasts, ms", `Peak to peak, ${unit(record.recording.unit)}`, "Shape"];
  const columns = [
    { title: "At" },
    ...titles.map((each) => ({ title: each, numeric: true })),
    { title: "Isolated" },
  ];
  const rows = record.events.map((e) => [
    when(Math.max(e.time_s - 1, 0), 2, show, e.time_s),
    number(e.duration_ms, 2),
    number(e.amplitude),
    String(e.shape + 1),
    e.isolated ? "yes" : "no",
  ]);
  const shapes = new Set(record.events.map((e) => e.shape)).size;
  const alone = record.events.filter((e) => e.isolated).length;
  const told =
    `${record.events.length} ${record.events.length === 1 ? "potential" : "potentials"} of ${shapes} ${shapes === 1 ? "shape" : "shapes"};` +
    ` ${alone} with no neighbour within 250 ms. Events of one shape look alike; shape 1 is the` +
    " commonest.";
  const listed = long("Events that look like fasciculations", columns, rows, 6);
  return section("Events", element("p", {}, told), listed);
}

export function undecided(record, show) {
  const spans = record.timeline.filter((span) => span.label === "undecided");
  if (!spans.length) return null;
  const columns = [
    { title: "Starts" },
    { title: "Lasts", numeric: true },
    { title: "What it might be" },
    { title: "Why it is not decided" },
  ];
  const rows = spans.map((span) => [
    when(span.start_s, span.duration_s, show),
    duration(span.duration_s),
    span.candidates.length ? either(span.candidates) : "not known",
    reason(span.reason),
  ]);
  const listed = long("Undecided stretches", columns, rows);
  return section("Undecided", element("p", {}, sumOf(spans)), listed);
}

// "Undecided for 34 s: tremor or clonus 20 s, not known 14 s".
function sumOf(spans) {
  const sums = new Map();
  for (const { candidates, duration_s: length } of spans) {
    const name = candidates.length ? either(candidates) : "not known";
    sums.set(name, (sums.get(name) ?? 0) + length);
  }
  const parts = [...sums].sort(([, a], [, b]) => b - a).slice(0, 4);
  const total = spans.reduce((sum, span) => sum + span.duration_s, 0);
  const told = parts.map(([name, seconds]) => `${name} (${duration(seconds)})`).join("; ");
  const count = `${spans.length} ${spans.length === 1 ? "stretch" : "stretches"}`;
  return `${duration(total)} in ${count}: ${told}.`;
}

function covers(outer, inner) {
  const end = ({ start_s: start, duration_s: length }) => start + length;
  return outer.start_s <= inner.start_s && end(inner) <= end(outer) + 1e-6;
}

export function qualities(record, show) {
  const unusable = record.timeline.filter((span) => span.label === "unusable");
  // What made a stretch unusable is said with it, and not once more.
  const said = (q) => unusable.some((span) => span.reason === q.flag && covers(span, q));
  const rows = [
    ...record.quality.filter((q) => !said(q)).map((q) => [q.start_s, q.duration_s, FLAGS[q.flag]]),
    ...unusable.map((s) => [s.start_s, s.duration_s, `Not usable: ${reason(s.reason)}`]),
  ].sort(([a], [b]) => a - b);
  if (!rows.length) return null;
  const columns = [{ title: "Starts" }, { title: "Lasts", numeric: true }, { title: "What" }];
  const cells = rows.map(([start, length, what]) => [
    when(start, length, show),
    duration(length),
    what,
  ]);
  return section("Signal quality", long("What speaks against the signal", columns, cells, 6));
}

const VERDICTS = { rose: "↑ rose", fell: "↓ fell", "cannot tell": "? cannot tell" };

export function comparison(record) {
  if (!record.comparison) return null;
  const columns = [
    { title: "What" },
    { title: "Earlier", numeric: true },
    { title: "Now", numeric: true },
    { title: "Change", numeric: true },
    { title: "95 % interval", numeric: true },
    { title: "Verdict" },
  ];
  const rows = record.comparison.map((change) => {
    const [part, name] = change.what.split(".");
    const isRate = part === "rates";
    const label = name.replace("_episodes", "");
    const shown = isRate ? rate : percent;
    const factor = (value) => (isRate ? `× ${number(value, 2)}` : `${points(value)} points`);
    const many = name.endsWith("_episodes") ? "episodes per minute" : "per minute";
    const what = isRate ? many : "share of time, %";
    return [
      element("span", { class: "named" }, swatch(label), `${title(label)}, ${what}`),
      change.earlier === null ? "–" : shown(change.earlier),
      change.now === null ? "–" : shown(change.now),
      change.value === null ? "–" : factor(change.value),
      interval(change.low, change.high, isRate ? (value) => number(value, 2) : points),
      VERDICTS[change.verdict] ?? change.verdict,
    ];
  });
  const heading = "Since the earlier record";
  return section(heading, table(heading, columns, rows));
}

// Percentage points with their sign.
function points(value) {
  const shown = (100 * value).toFixed(Math.abs(value) < 0.1 ? 1 : 0);
  return value > 0 ? `+${shown}` : shown.replace("-", "−");
}
