// Figure: the answers, the signal, its rhythm and its quality over one axis of time.
//
// Plotly is drawn anew for every stretch with no more points than there are pixels, so that a day
// moves as easily as a minute.

import { heightOf, layoutOf, MARGIN, panelsOf } from "./axes.js";
import { button, element } from "./elements.js";
import { channel, holds, lanes, lanesOf, marks, quality, rhythm } from "./layers.js";
import { heights, isCoarse, readSpectrogram, traceOf } from "./picture.js";
import { onPaper, PAPER_PX, scalable } from "./print.js";
import { FLAGS, clock, duration, number, pace, percent, title } from "./words.js";
import { coloursNow } from "./theme.js";

const CONFIG = { displayModeBar: false, doubleClick: false, responsive: false, showTips: false };
const SHORTEST_S = 0.5;
const CLICK_PX = 5;
const SECOND_CLICK_MS = 300;
const READOUT = "Point at the figure to read an answer.";

// The stretch of a recording that its record is of.
export function analysed({ timeline, recording }) {
  const last = timeline.at(-1);
  return last ? [timeline[0].start_s, last.start_s + last.duration_s] : [0, recording.duration_s];
}

function helpFor(coarse, canAsk) {
  if (coarse) return `The buttons zoom and move.${canAsk ? " Tap a place to ask why." : ""}`;
  const ask = canAsk ? ", Enter asks about the middle. Click a place to ask why." : ".";
  const mouse = "Drag across to zoom in, double-click for everything.";
  return `${mouse} Keys: arrows move, + and − zoom, 0 shows everything${ask}`;
}

export class Figure {
  // `onPlace` is called with a time in seconds when a person asks about a place.
  constructor(record, { onPlace } = {}) {
    this.record = record;
    this.onPlace = onPlace;
    [this.start, this.end] = analysed(record);
    this.range = [this.start, this.end];
    this.taller = 1;
    this.marked = null;
    this.lanes = lanesOf(record);
    this.flags = Object.keys(FLAGS).filter((flag) => record.quality.some((q) => q.flag === flag));
    this.picture = {
      trace: record.trace ? traceOf(record) : null,
      spectrogram: record.spectrogram ? readSpectrogram(record.spectrogram) : null,
    };
    this.heights = this.picture.trace ? heights(this.picture.trace) : { middles: [], half: 1 };
    this.panels = panelsOf(record, this.lanes, this.flags, this.picture);
    this.coarse = window.matchMedia("(pointer: coarse)").matches;
    this.gone = new AbortController();
    this.build();
  }

  build() {
    this.plot = element("div", { class: "plot", "aria-hidden": "true" });
    this.plot.style.height = `${heightOf(this.panels)}px`;
    this.readout = element("p", { class: "readout" }, this.coarse ? "" : READOUT);
    this.told = element("p", { class: "visually-hidden", role: "status" });
    const told = helpFor(this.coarse, Boolean(this.onPlace));
    const help = element("p", { class: "hint", id: "figure-help" }, told);
    this.grain = element("p", { class: "hint", hidden: true }, this.coarseness());
    this.frame = element(
      "div",
      {
        class: "frame",
        tabindex: "0",
        role: "group",
        "aria-label": this.describe(),
        "aria-describedby": "figure-help",
        onkeydown: (event) => this.onKey(event),
      },
      this.plot,
    );
    this.element = element(
      "div",
      { class: "figure" },
      this.toolbar(),
      this.frame,
      this.readout,
      this.grain,
      help,
      this.told,
    );
    this.listen();
  }

  // What is said of a view in which the picture has no more to show.
  coarseness() {
    const step = number(this.picture.trace?.columnS, 2);
    const ask = this.onPlace ? " Asking why shows the samples." : "";
    return `The picture is coarser than this view: a step spans what lies within ${step} s.${ask}`;
  }

  toolbar() {
    const tools = [
      ["Zoom in", "+", () => this.zoom(0.5)],
      ["Zoom out", "−", () => this.zoom(2)],
      ["Earlier", "←", () => this.pan(-0.5)],
      ["Later", "→", () => this.pan(0.5)],
      ["Everything", "Everything", () => this.everything()],
      ["Taller signal", "Taller", () => this.stretch(1.5)],
      ["Flatter signal", "Flatter", () => this.stretch(1 / 1.5)],
      ["Save the figure as a picture", "Picture", () => this.save()],
    ];
    return element(
      "div",
      { class: "toolbar", role: "group", "aria-label": "Move in the figure" },
      tools.map(([name, text, act]) => button(text, act, { "aria-label": name, title: name })),
    );
  }

  describe() {
    const shares = Object.entries(this.record.shares)
      .filter(([, { share }]) => share > 0)
      .map(([label, { share }]) => `${title(label).toLowerCase()} ${percent(share)} %`);
    const told = shares.length ? shares.join(", ") : "nothing was usable";
    const events = this.record.events.length;
    const counted = events ? `, ${events} fasciculation events` : "";
    return (
      `Figure of ${duration(this.end - this.start)} of signal: ${told}${counted}.` +
      " The tables below hold the same."
    );
  }

  listen() {
    const { signal } = this.gone;
    const timeAt = (event) => {
      const box = this.plot.getBoundingClientRect();
      const share = (event.clientX - box.left - this.left) / this.pixels;
      const seconds = this.range[0] + share * (this.range[1] - this.range[0]);
      return share >= 0 && share <= 1 ? seconds : null;
    };
    let pressed = null;
    this.plot.addEventListener("pointerdown", (event) => (pressed = event), true);
    // A drag ends outside Plotly's own layer, so the release is heard on the window.
    let clicked = null;
    window.addEventListener("pointerup", (event) => {
      const start = pressed;
      pressed = null;
      if (!start || Math.abs(event.clientX - start.clientX) > CLICK_PX) return;
      const seconds = timeAt(event);
      if (seconds === null) return;
      // Plotly's layers hide a double click from us, so a click waits whether another follows.
      if (clicked) {
        clearTimeout(clicked);
        clicked = null;
        this.everything();
      } else {
        clicked = setTimeout(() => {
          clicked = null;
          this.onPlace?.(seconds);
        }, SECOND_CLICK_MS);
      }
    }, { signal });
    this.plot.addEventListener("pointermove", (event) => this.tell(timeAt(event)));
    new ResizeObserver(() => this.draw()).observe(this.frame);
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => this.draw(), { signal });
    onPaper((is) => {
      this.paper = is;
      this.draw();
    }, signal);
  }

  // The window would keep a figure that nobody sees any more, with its signal and what is drawn.
  forget() {
    this.gone.abort();
    for (const plot of this.element.querySelectorAll(".plot, .detail")) window.Plotly?.purge(plot);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      ArrowLeft: () => this.pan(-0.25),
      ArrowRight: () => this.pan(0.25),
      "+": () => this.zoom(0.5),
      "=": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      0: () => this.everything(),
      Enter: () => this.onPlace?.((this.range[0] + this.range[1]) / 2),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  spanAt(seconds) {
    return this.record.timeline.find(holds(seconds));
  }

  // The answer at a time, in one line under the figure.
  tell(seconds) {
    if (seconds === null) return;
    const span = this.spanAt(seconds);
    const episode = this.record.episodes.find(holds(seconds));
    const sure = span?.probability ? `, ${percent(span.probability)} %` : "";
    const answer = span ? ` · ${title(span.label)}${sure}${pace(span, episode)}` : "";
    this.readout.textContent = `${clock(seconds, 1)}${answer}`;
  }

  zoom(factor) {
    const middle = (this.range[0] + this.range[1]) / 2;
    const half = ((this.range[1] - this.range[0]) / 2) * factor;
    this.show(middle - half, middle + half);
  }

  pan(share) {
    const step = share * (this.range[1] - this.range[0]);
    this.show(this.range[0] + step, this.range[1] + step);
  }

  stretch(factor) {
    this.taller = Math.min(1e4, Math.max(0.2, this.taller * factor));
    this.draw();
  }

  everything() {
    return this.show(this.start, this.end);
  }

  // Shows a stretch, moved and cut so that it lies inside the recording.
  show(fromS, toS) {
    const length = Math.min(this.end - this.start, Math.max(SHORTEST_S, toS - fromS));
    const start = Math.min(Math.max(this.start, fromS), this.end - length);
    this.range = [start, start + length];
    this.told.textContent = `Showing ${clock(start, 1)} to ${clock(start + length, 1)}`;
    return this.draw();
  }

  save() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    const picture = { format: "png", filename: "record", scale: 2, width, height };
    return window.Plotly.downloadImage(this.plot, picture);
  }

  mark(stretch) {
    this.marked = stretch;
    return this.draw();
  }

  async draw() {
    const seen = this.frame.clientWidth;
    if (!seen || !window.Plotly) return;
    const width = this.paper ? PAPER_PX : seen;
    this.left = width < 560 ? 88 : 104;
    this.pixels = Math.max(100, width - this.left - MARGIN.right);
    const view = {
      range: this.range,
      pixels: this.pixels,
      pixelS: (this.range[1] - this.range[0]) / this.pixels,
      left: this.left,
      coarse: this.coarse,
      half: (1.08 * this.heights.half) / this.taller,
      lift: (0.08 * this.heights.half) / this.taller,
      colours: coloursNow(),
    };
    const { trace } = this.picture;
    const rate = this.record.recording.sampling_rate_hz;
    this.grain.hidden = !trace || !isCoarse(trace, rate, view.pixelS);
    const layout = layoutOf(this.panels, view, {
      lanes: this.lanes,
      flags: this.flags,
      top_hz: this.topHz(),
      marked: this.marked,
    });
    const drawn = window.Plotly.react(this.plot, this.layers(view), { ...layout, width }, CONFIG);
    scalable(this.plot, width, layout.height);
    await drawn;
    this.hearZoom();
  }

  topHz() {
    const picture = this.picture.spectrogram;
    return picture ? picture.firstHz + (picture.rows.length - 1) * picture.rowHz : 20;
  }

  layers(view) {
    const { record, picture } = this;
    return this.panels.flatMap(({ kind, index }, place) => {
      const axis = place ? `y${place + 1}` : "y";
      const middle = this.heights.middles[index];
      if (kind === "lanes") return lanes(record, this.lanes, view, axis);
      if (kind === "rhythm") return rhythm(picture.spectrogram, view, axis);
      if (kind === "quality") return quality(record, this.flags, view, axis);
      const drawn = [record, picture.trace, index, middle, view, axis];
      return index === 0 ? [...channel(...drawn), ...marks(...drawn)] : channel(...drawn);
    });
  }

  hearZoom() {
    if (this.heard || this.gone.signal.aborted) return;
    this.heard = true;
    this.plot.on("plotly_relayout", (change) => {
      const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (from !== undefined) this.show(from, to);
    });
  }
}
