// Axes: how tall each panel is, where it stands, and what is written beside it.

import { clock, FLAGS, plain, title, unit } from "./words.js";

const LANE_PX = 22;
const GAP_PX = 30;
const STEPS_S = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  10800, 21600, 43200, 86400,
];

export const MARGIN = { top: 8, right: 32, bottom: 44 };

// The panels of a figure from top to bottom: {kind, title, px, index}.
export function panelsOf(record, lanes, flags, picture) {
  const { modality, channels } = record.recording;
  const panels = [{ kind: "lanes", title: "", px: LANE_PX * lanes.length }];
  const drawn = picture.trace?.channels ?? [];
  const px = drawn.length > 1 ? 84 : 190;
  drawn.forEach((_, index) => {
    const name = plain(channels[index] ?? `channel ${index + 1}`, 40);
    const without = modality === "accelerometer" ? ", without gravity" : "";
    const heading = `${name}${without}, ${unit(record.recording.unit)}`;
    panels.push({ kind: "channel", index, px, title: heading });
  });
  if (picture.spectrogram) {
    const of = modality === "emg" ? "Rhythm of the activity" : "Rhythm of the movement";
    panels.push({ kind: "rhythm", px: 130, title: `${of}, Hz` });
  }
  if (flags.length) {
    panels.push({ kind: "quality", px: LANE_PX * flags.length, title: "Signal quality" });
  }
  return panels;
}

export function heightOf(panels) {
  const inside = panels.reduce((sum, { px }) => sum + px, 0) + GAP_PX * (panels.length - 1);
  return inside + MARGIN.top + MARGIN.bottom;
}

// Times worth naming in a stretch, about one every 90 pixels.
export function ticks([fromS, toS], pixels) {
  const wanted = ((toS - fromS) / pixels) * 90;
  const step = STEPS_S.find((each) => each >= wanted) ?? Math.ceil(wanted / 86400) * 86400;
  const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  const values = [];
  for (let k = Math.ceil(fromS / step); k * step <= toS; k += 1) values.push(k * step);
  return { tickvals: values, ticktext: values.map((value) => clock(value, digits)) };
}

function lane(names, shown) {
  return {
    range: [names.length - 0.5, -0.5],
    tickvals: names.map((_, place) => place),
    ticktext: names.map(shown),
    showgrid: false,
  };
}

// Plotly's layout of all panels over one axis of time.
export function layoutOf(panels, view, { lanes, flags, top_hz: topHz, marked }) {
  const inside = heightOf(panels) - MARGIN.top - MARGIN.bottom;
  const { colours, half } = view;
  const own = {
    lanes: lane(lanes, title),
    channel: { range: [-half, half], nticks: 5, zeroline: true, zerolinecolor: colours.grid },
    rhythm: { range: [1, topHz], tickvals: [5, 10, 15, 20].filter((hz) => hz <= topHz + 0.1) },
    quality: lane(flags, (flag) => FLAGS[flag]),
  };
  const common = {
    fixedrange: true,
    gridcolor: colours.grid,
    zeroline: false,
    tickfont: { size: 12 },
    ticklabelstandoff: 6,
    ticklabeloverflow: "allow",
    automargin: false,
  };
  const layout = {
    height: heightOf(panels),
    margin: { t: MARGIN.top, r: MARGIN.right, b: MARGIN.bottom, l: view.left },
    paper_bgcolor: colours.surface,
    plot_bgcolor: colours.surface,
    font: { family: colours.font, size: 13, color: colours.muted },
    hovermode: false,
    dragmode: view.coarse ? false : "zoom",
    showlegend: false,
    annotations: [],
    shapes: marked ? [markOf(marked, colours)] : [],
    xaxis: {
      ...common,
      ...ticks(view.range, view.pixels),
      range: view.range,
      fixedrange: view.coarse,
      anchor: panels.length === 1 ? "y" : `y${panels.length}`,
      gridcolor: colours.grid,
      title: { text: "Time from the start", font: { size: 13 }, standoff: 8 },
    },
  };
  let used = 0;
  panels.forEach((panel, place) => {
    const top = 1 - used / inside;
    used += panel.px;
    const domain = [Math.max(0, 1 - used / inside), top];
    layout[place ? `yaxis${place + 1}` : "yaxis"] = { ...common, ...own[panel.kind], domain };
    layout.annotations.push(headingOf(panel, top, colours));
    used += GAP_PX;
  });
  return layout;
}

function headingOf(panel, top, colours) {
  return {
    text: panel.title,
    xref: "paper",
    yref: "paper",
    x: 0,
    y: top,
    xanchor: "left",
    yanchor: "bottom",
    yshift: 2,
    showarrow: false,
    font: { size: 12, color: colours.muted },
  };
}

function markOf([fromS, toS], colours) {
  return {
    type: "rect",
    xref: "x",
    yref: "paper",
    x0: fromS,
    x1: toS,
    y0: 0,
    y1: 1,
    line: { width: 1.5, color: colours.accent, dash: "dot" },
    fillcolor: colours.accent,
    opacity: 0.18,
    layer: "above",
  };
}
