// Layers: what stands in each panel of the figure, as data that Plotly draws.

import { INVOLUNTARY, LABELS } from "./words.js";
import { bandOf, isCoarse, lineOf, partOf, topAround } from "./picture.js";

const STILL = { hoverinfo: "skip", showlegend: false, type: "scatter" };
const MOST_MARKS = 300;

// Whether a stretch holds a time.
export function holds(seconds) {
  return ({ start_s: start, duration_s: length }) => start <= seconds && seconds < start + length;
}

// Stretches as outlines, those that touch on the screen joined; a path for each set, not for each.
// They are cut to what is seen: Plotly loses outlines whose corners lie far outside.
function outlines(stretches, [fromS, toS], pixelS, bottom, top) {
  const joined = [];
  for (const { start_s: start, duration_s: length } of stretches) {
    if (start + length < fromS || start > toS) continue;
    const [begin, stop] = [Math.max(fromS, start), Math.min(toS, start + length)];
    const last = joined.at(-1);
    if (last && begin - last[1] < pixelS / 2) last[1] = Math.max(last[1], stop);
    else joined.push([begin, stop]);
  }
  const x = joined.flatMap(([a, b]) => {
    const end = Math.max(b, a + pixelS);
    return [a, a, end, end, a, null];
  });
  const y = joined.flatMap(() => [bottom, top, top, bottom, bottom, null]);
  return { x, y };
}

function filled(outline, axis, colour, pattern, ground) {
  return {
    ...STILL,
    ...outline,
    yaxis: axis,
    mode: "lines",
    line: { width: 0 },
    fill: "toself",
    fillcolor: colour,
    fillpattern: pattern
      ? { shape: pattern, fgcolor: colour, bgcolor: ground, size: 6, solidity: 0.45 }
      : undefined,
  };
}

// The labels that the record answers with, in their order.
export function lanesOf(record) {
  const answered = new Set(record.timeline.map((span) => span.label));
  if (record.events.length) answered.add("fasciculation");
  return Object.keys(LABELS).filter((label) => answered.has(label));
}

// A lane for each label, and every event as a stroke in the lane of fasciculation.
export function lanes(record, names, view, axis) {
  const made = names.map((label, lane) => {
    const spans = record.timeline.filter((span) => span.label === label);
    const outline = outlines(spans, view.range, view.pixelS, lane - 0.34, lane + 0.34);
    const { pattern } = LABELS[label];
    return filled(outline, axis, view.colours[label], pattern, view.colours.surface);
  });
  const events = record.events.map(({ time_s }) => ({ start_s: time_s, duration_s: 0 }));
  if (!events.length) return made;
  const lane = names.indexOf("fasciculation");
  const strokes = outlines(events, view.range, view.pixelS, lane - 0.5, lane - 0.02);
  return [...made, filled(strokes, axis, view.colours.ink)];
}

// One channel, on a ground that is tinted where an involuntary movement was seen: by its episodes,
// which know of pauses that the windows of the timeline bridge.
export function channel(record, picture, index, middle, view, axis) {
  const tints = INVOLUNTARY.map((label) => {
    const episodes = record.episodes.filter((episode) => episode.label === label);
    const outline = outlines(episodes, view.range, view.pixelS, -view.half, view.half);
    return { ...filled(outline, axis, view.colours[label]), opacity: view.colours.tint };
  });
  const coarse = isCoarse(picture, record.recording.sampling_rate_hz, view.pixelS);
  const drawn = coarse
    ? bandOf(picture, index, view.range)
    : lineOf(picture, index, view.range, view.pixels);
  const signal = {
    ...STILL,
    x: drawn.x,
    y: drawn.y.map((value) => (value === null ? null : value - middle)),
    yaxis: axis,
    mode: "lines",
    line: { width: 1, color: view.colours.signal, simplify: false },
    ...(coarse && { fill: "toself", fillcolor: view.colours.signal }),
  };
  return [...tints.filter(({ x }) => x.length), signal];
}

// A mark above the potential of each event, where there are few enough to be told apart.
export function marks(record, picture, index, middle, view, axis) {
  const [fromS, toS] = view.range;
  const seen = record.events.filter(({ time_s: t }) => t >= fromS && t <= toS);
  if (!seen.length || seen.length > MOST_MARKS) return [];
  const above = ({ time_s: time, duration_ms: length }) =>
    topAround(picture, index, time, length / 1e3) - middle + view.lift;
  return [
    {
      ...STILL,
      x: seen.map(({ time_s }) => time_s),
      // One that is taller than the view has its mark at the edge.
      y: seen.map((event) => Math.min(above(event), view.half - view.lift / 2)),
      yaxis: axis,
      mode: "markers",
      marker: {
        symbol: "triangle-down",
        size: 8,
        color: view.colours.fasciculation,
        line: { width: 1, color: view.colours.surface },
      },
    },
  ];
}

export function rhythm(picture, view, axis) {
  return [
    {
      ...partOf(picture, view.range),
      type: "heatmap",
      yaxis: axis,
      zmin: picture.darkest,
      zmax: picture.brightest,
      colorscale: view.colours.heat,
      showscale: false,
      hoverinfo: "skip",
    },
  ];
}

// A lane for each thing that speaks against the signal.
export function quality(record, flags, view, axis) {
  return flags.map((flag, lane) => {
    const spans = record.quality.filter((span) => span.flag === flag);
    const outline = outlines(spans, view.range, view.pixelS, lane - 0.3, lane + 0.3);
    return filled(outline, axis, view.colours.unusable, "x", view.colours.surface);
  });
}
