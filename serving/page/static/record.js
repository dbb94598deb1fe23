// Record: the whole of one record on a page: what was seen, the figure, the 

import { element, section } from "./elements.js";
import { analysed, Figure } from "./figure.js";
import {
  amplitudes,
  comparison,
  episodes,
  events,
  qualities,
  rates,
  shares,
  undecided,
} from "./tables.js";
import { duration, interval, MODALITIES, percent, rate, title, unit } from "./words.js";

// From this difference on, a share is told beside the time that its episodes last.
const PAUSED = 0.1;

// Rhythms whose frequencies differ by a smaller factor are told as one.
const ALIKE = 1.25;

function howToRead({ settings, rates }) {
  const atRest = rates.fasciculation
    ? " Fasciculation is counted over the time in which a potential would have been noticed: at" +
      " rest, and where nothing could be judged but the signal is as quiet as there."
    : "";
  return (
    "Shares and rates stand with their 95 % intervals, which tell of chance alone." +
    ` A share counts windows of ${settings.window_s} s that were called so: what comes and goes` +
    " within a few seconds counts with its pauses, and its episodes tell how long it was there." +
    " Undecided means that the signal does not tell; it is no answer in between." +
    atRest
  );
}

// Returns {element, draw, forget} of a record. `hooks.onPlace` hears of a place that a person asks about:
// its time in seconds, the figure, an element under the figure for the answer, and the number of
// the channel where there are several.
export function recordOf(record, heading, hooks = {}) {
  const host = element("div", { class: "record" });
  const further = record.further_channels ?? [];
  let shown = null;
  const show = (one) => {
    const below = element("div");
    const channel = further.length ? [record, ...further].indexOf(one) : null;
    const onPlace =
      hooks.onPlace && ((seconds) => hooks.onPlace(seconds, shown, below, channel));
    shown?.forget();
    shown = new Figure(one, { onPlace });
    shown.element.append(below);
    body.replaceChildren(...parts(one, shown));
    shown.draw();
  };
  const body = element("div", { class: "record-body" });
  host.append(
    element("h2", { tabindex: "-1" }, heading),
    ...(further.length ? [chooser([record, ...further], show)] : []),
    body,
  );
  show(record);
  return { element: host, draw: () => shown.draw(), forget: () => shown.forget() };
}

function chooser(records, show) {
  const select = element(
    "select",
    { id: "channel", onchange: () => show(records[Number(select.value)]) },
    records.map((_, place) => element("option", { value: place }, optionOf(records, place))),
  );
  return element(
    "p",
    { class: "chooser" },
    element("label", { for: "channel" }, "Channel "),
    select,
    element("span", { class: "on-paper" }, `One of ${records.length}; each has a record of its own.`),
  );
}

// Names of channels, with a number where another has the same.
function optionOf(records, place) {
  const names = records.map(({ recording }) => recording.channels.join(", "));
  const same = names.filter((name) => name === names[place]).length;
  return same > 1 ? `${names[place]} (channel ${place + 1})` : names[place];
}

function parts(record, figure) {
  const show = (from, to) => {
    const margin = Math.max(1, (to - from) / 4);
    figure.show(from - margin, to + margin);
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    figure.frame.focus({ preventScroll: true });
    figure.element.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  };
  return [
    facts(record),
    record.caution && element("p", { class: "caution" }, sentence(record.caution)),
    cards(record),
    section("The recording", figure.element),
    comparison(record),
    element(
      "div",
      { class: "columns" },
      element("div", {}, rates(record), amplitudes(record)),
      shares(record),
    ),
    undecided(record, show),
    episodes(record, show),
    events(record, show),
    qualities(record, show),
    element("p", { class: "hint" }, howToRead(record)),
    made(record),
  ].filter(Boolean);
}

function facts({ recording }) {
  const { channels } = recording;
  const told = [
    MODALITIES[recording.modality].title,
    channels.length > 4 ? `${channels.length} channels` : channels.join(", "),
    unit(recording.unit),
    `${Number(recording.sampling_rate_hz.toFixed(2))} Hz`,
    duration(recording.duration_s),
  ];
  // With the zone that the record has, if any: nobody knows in which the reader is.
  if (recording.start_time) told.push(`from ${moment(recording.start_time)}`);
  if (recording.stretch_s) told.push(`judged from ${recording.stretch_s.join(" to ")} s`);
  return element("p", { class: "facts" }, told.join(" · "));
}

// The few numbers that a person looks for first.
function cards(record) {
  const made = [card("Usable signal", duration(record.usable_s), usableOf(record))];
  const found = record.rates.fasciculation;
  if (found) {
    made.push(
      card(
        "Fasciculation",
        `${rate(found.per_minute)} per minute`,
        found.per_minute === null ? unseen(record) : rateOf(found),
        "fasciculation",
      ),
    );
  }
  for (const label of ["tremor", "clonus"]) {
    const share = record.shares[label];
    if (!share) continue;
    made.push(card(title(label), `${percent(share.share)} %`, shareOf(record, label), label));
  }
  return element("ul", { class: "cards" }, made);
}

function rateOf({ low, high, minutes }) {
  return `${interval(low, high, rate)}, over ${duration(60 * minutes)} at rest`;
}

function unseen(record) {
  return record.usable_s ? "no time at rest to see one in" : "nothing was usable";
}

function card(name, value, below, label) {
  return element(
    "li",
    { class: label ? `card label-${label}` : "card" },
    element("span", { class: "card-name" }, name),
    element("span", { class: "card-value" }, value),
    element("span", { class: "card-below" }, below),
  );
}

function usableOf(record) {
  const [from, to] = analysed(record);
  return `of ${duration(to - from)}, ${percent(record.usable_s / (to - from))} %`;
}

function shareOf(record, label) {
  const { low, high, share } = record.shares[label];
  if (share === null) return "nothing was usable";
  const told = `of the time, ${interval(low, high, percent)} %`;
  if (!share) return told;
  const found = record.episodes.filter((e) => e.label === label && e.dominant_frequency_hz);
  if (!found.length) return told;
  const total = found.reduce((sum, e) => sum + e.duration_s, 0);
  const lasting = total / record.usable_s;
  const paused = share - lasting > PAUSED ? `; ${percent(lasting)} % without its pauses` : "";
  return `${told}${paused}, at ${paceOf(found, total)} Hz`;
}

// One frequency of episodes that are alike; of others the ends, for their mean is nobody's.
function paceOf(found, total) {
  const paces = found.map((e) => e.dominant_frequency_hz);
  const [slowest, fastest] = [Math.min(...paces), Math.max(...paces)];
  if (fastest >= ALIKE * slowest) return `${slowest.toFixed(1)} to ${fastest.toFixed(1)}`;
  const cycles = found.reduce((sum, e) => sum + e.duration_s * e.dominant_frequency_hz, 0);
  return (cycles / total).toFixed(1);
}

function sentence(words) {
  return `${words[0].toUpperCase()}${words.slice(1)}.`;
}

// 2026-03-01T08:00:00.7Z as 2026-03-01 08:00:00 UTC, +02:00 as it is.
function moment(time) {
  const [, day, clock, zone] = time.match(/^(.{10})T(.{8})[.\d]*(.*)$/);
  return `${day} ${clock}${zone === "Z" ? " UTC" : zone && ` ${zone}`}`;
}

function made({ model, settings, disclaimer }) {
  const version = model.version ? ` ${model.version}` : "";
  return element(
    "p",
    { class: "hint made" },
    `Made by ${model.name}${version} (${model.fingerprint.slice(0, 12)}), windows of` +
      ` ${settings.window_s} s every ${settings.hop_s} s. This is ${disclaimer}: it describes` +
      " what was seen and makes no diagnosis.",
  );
}
