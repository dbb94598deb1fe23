// Words: how labels, reasons, numbers and times are said and shown to people.

export const LABELS = {
  fasciculation: { title: "Fasciculation", pattern: "" },
  clonus: { title: "Clonus", pattern: "" },
  tremor: { title: "Tremor", pattern: "" },
  voluntary: { title: "Voluntary", pattern: "" },
  rest: { title: "Rest", pattern: "" },
  undecided: { title: "Undecided", pattern: "/" },
  unusable: { title: "Not usable", pattern: "x" },
};

// What involuntary movements are called wherever they are set apart from the rest.
export const INVOLUNTARY = ["fasciculation", "clonus", "tremor"];

const REASONS = {
  too_short: "too short to judge",
  rate_too_low: "the rhythm is too fast for this sampling rate",
  flat: "the signal hardly changes: a sensor that is off or too coarse",
  clipped: "the signal runs into its limits",
  gap: "samples are missing",
  mains: "mains hum is nearly all there is",
  several_candidates: "more than one fits",
  unlike_training: "unlike anything the model has learnt from",
  look_alike: "it may be something else that looks alike",
};

export const FLAGS = { gap: "Missing", flat: "Flat", clipped: "Clipped", mains: "Mains hum" };

export const MODALITIES = {
  emg: { title: "Muscle (surface EMG)", units: ["uV", "mV", "V", "relative"], least_hz: 500 },
  accelerometer: { title: "Accelerometer", units: ["g", "mg", "m/s^2"], least_hz: 20 },
  gyroscope: { title: "Gyroscope", units: ["deg/s", "rad/s"], least_hz: 20 },
};

const UNITS = { uV: "µV", "m/s^2": "m/s²", "deg/s": "°/s", relative: "relative units" };

export function unit(name) {
  return UNITS[name] ?? name.replace(/^uV\b/, "µV");
}

// Plotly reads some markup in what it writes: a name is shown as it is, and cut where it is long.
export function plain(text, most = 60) {
  const shown = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return shown.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export function title(label) {
  return LABELS[label]?.title ?? label;
}

export function reason(name) {
  return name ? (REASONS[name] ?? name) : "";
}

export function either(labels) {
  const names = labels.map((label) => title(label).toLowerCase());
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

const FIELDS = {
  sampling_rate_hz: "Sampling rate",
  time_column: "the column that holds the times",
  time_unit: "Unit of the times",
  hop_s: "A window every",
  from_s: "From second",
  to_s: "To second",
};

// A refusal as people can follow it: fields are called as on the page, the file by its own name.
export function refusal(sentence, fileName) {
  return sentence
    .replace(/^recording\.\w+/, () => fileName)
    .replace(new RegExp(`\\b(${Object.keys(FIELDS).join("|")})\\b`, "g"), (name) => `“${FIELDS[name]}”`)
    .replaceAll("under columns", "under “Columns”");
}

// A number with as many digits as it deserves.
export function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size < -2 || size > 6) return String(Number(value.toPrecision(2)));
  return value.toFixed(Math.min(6, Math.max(0, digits - 1 - size)));
}

// A rate a minute.
export function rate(value) {
  if (value === null || value === undefined) return "–";
  if (value > 0 && value < 0.1) return String(Number(value.toPrecision(2)));
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

// Only nothing is 0, and only everything 100.
export function percent(share) {
  if (share === null || share === undefined) return "–";
  const value = 100 * share;
  if (value === 0 || value === 100) return value.toFixed(0);
  if (value < 0.05) return "<0.1";
  if (value >= 99.95) return ">99.9";
  return value.toFixed(value < 10 || value >= 99.5 ? 1 : 0);
}

// A length of time: "4.0 s", "2 min 5 s", "1 h 3 min".
export function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [
    Math.floor(whole / 3600),
    Math.floor((whole % 3600) / 60),
    whole % 60,
  ];
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
}

// A time within the recording: "1:02:03.4"; digits behind the point as asked for.
export function clock(seconds, digits = 0) {
  const scale = 10 ** digits;
  const ticks = Math.round(seconds * scale);
  const whole = Math.floor(ticks / scale);
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const head = hours ? `${hours}:${two(minutes)}` : String(minutes);
  const tail = digits ? `.${String(ticks % scale).padStart(digits, "0")}` : "";
  return `${head}:${two(whole % 60)}${tail}`;
}

export function interval(low, high, shown) {
  return low === null || low === undefined ? "" : `${shown(low)} to ${shown(high)}`;
}

// How many episodes.
export function counted(count) {
  return count === 1 ? "1 episode" : `${count} episodes`;
}

// How fast a rhythm is at a moment: windows bridge pauses, in which there is no episode.
export function pace(span, episode) {
  if (episode?.dominant_frequency_hz) return ` · ${episode.dominant_frequency_hz.toFixed(1)} Hz`;
  return !episode && ["clonus", "tremor"].includes(span.label) ? " · a pause in it" : "";
}
