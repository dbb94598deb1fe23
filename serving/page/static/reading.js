// Reading: what the beginning of a file says of itself, to fill in the form. The service decides.

const HEAD_BYTES = 65536;
const TIME_NAME = /^(t|time|timestamp|date|datetime)([\s_([].*)?$/i;
const UNITS = [
  [/^m\/s\^?2$|^m\/s²$/i, "m/s^2"],
  [/^(deg\/s|dps|°\/s)$/i, "deg/s"],
  [/^rad\/s$/i, "rad/s"],
  [/^[uµμ]v$/i, "uV"],
  [/^mV$/, "mV"],
  [/^V$/, "V"],
  [/^mg$/i, "mg"],
  [/^g$/, "g"],
];
const MODALITY_OF = {
  uV: "emg",
  mV: "emg",
  V: "emg",
  g: "accelerometer",
  mg: "accelerometer",
  "m/s^2": "accelerometer",
  "deg/s": "gyroscope",
  "rad/s": "gyroscope",
};

// What is found: any of {modality, unit, rate, columns, chosen, timeColumn, timeUnit, said}.
export async function look(file) {
  const head = await file.slice(0, HEAD_BYTES).arrayBuffer();
  const suffix = file.name.toLowerCase().split(".").at(-1);
  if (["csv", "tsv", "txt"].includes(suffix)) return ofTable(new TextDecoder().decode(head));
  if (suffix === "edf") return ofEdf(new TextDecoder("latin1").decode(head));
  if (suffix === "wav") return ofWav(new DataView(head));
  return {};
}

function ofTable(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() && !line.startsWith("#"));
  if (!lines.length) return {};
  // A first line by which Excel is told the separator.
  const stated = lines[0].match(/^"?sep=([\t ;,|:^~])"?\1*$/i)?.[1];
  if (stated) lines.shift();
  if (!lines.length) return {};
  const counts = ["\t", ";", ","].map((each) => [lines[0].split(each).length, each]);
  const separator = stated ?? counts.reduce((best, each) => (each[0] > best[0] ? each : best))[1];
  const split = (line) =>
    line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  const numeric = (cell) => cell !== "" && Number.isFinite(Number(cell.replace(",", ".")));
  const first = split(lines[0]);
  if (first.every(numeric)) return { said: "The file has no names for its columns." };
  // The last line may be cut.
  const rows = lines.slice(1, -1).map(split);
  const timeColumn = first.find((name) => TIME_NAME.test(name)) ?? null;
  const columns = first.filter(
    (name, place) => name !== timeColumn && rows.some((row) => numeric(row[place] ?? "")),
  );
  const times = timeColumn && rows.map((row) => row[first.indexOf(timeColumn)]);
  const found = { columns, ...kindOf(columns), ...paceOf(timeColumn, times ?? [], numeric) };
  found.chosen = chosenOf(columns, found.modality);
  return found;
}

// Times by their name, or by how far they are apart.
function paceOf(timeColumn, times, numeric) {
  if (!timeColumn || times.length < 3) return {};
  if (!times.every(numeric)) return { timeColumn, timeUnit: "" };
  const values = times.map((cell) => Number(cell.replace(",", ".")));
  const step = (values.at(-1) - values[0]) / (values.length - 1);
  const named = timeColumn.match(/[_\s([](s|ms|us|ns)[\])]?$/i)?.[1].toLowerCase();
  const timeUnit = named ?? (step < 0.5 ? "s" : step < 200 ? "ms" : step < 2e5 ? "us" : "ns");
  const seconds = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 }[timeUnit] * step;
  return seconds > 0 ? { timeColumn, timeUnit, seen_hz: 1 / seconds } : {};
}

// Modality and unit as the names of the columns have them: "acc_x [g]", "EMG (uV)", "gyro_z".
function kindOf(names) {
  const all = names.join(" ");
  const inBrackets = names.map((name) => name.match(/[[(]([^\])]+)[\])]\s*$/)?.[1]);
  const atEnd = names.map((name) => name.split("_").at(-1));
  const unit = unitOf(inBrackets.find(Boolean)) ?? unitOf(atEnd.find((end) => unitOf(end)));
  if (unit) return { unit, modality: MODALITY_OF[unit] };
  if (/emg|muscle/i.test(all)) return { modality: "emg" };
  if (/gyr|omega|angular/i.test(all)) return { modality: "gyroscope" };
  if (/acc|^x y z$/i.test(all)) return { modality: "accelerometer" };
  return {};
}

function unitOf(text) {
  return UNITS.find(([pattern]) => pattern.test(text?.trim() ?? ""))?.[1];
}

// Of a file with several sensors, the columns of the one that was recognised.
function chosenOf(columns, modality) {
  const pattern = { emg: /emg|muscle/i, accelerometer: /acc/i, gyroscope: /gyr/i }[modality];
  const own = pattern ? columns.filter((name) => pattern.test(name)) : [];
  return own.length ? own : columns;
}

// The header of EDF: 256 characters, then 256 a signal, field by field.
function ofEdf(text) {
  const count = Number(text.slice(252, 256));
  const lasts = Number(text.slice(244, 252));
  if (!(count > 0) || !(lasts > 0)) return {};
  const field = (offset, width) =>
    Array.from({ length: count }, (_, k) =>
      text.slice(256 + offset * count + k * width, 256 + offset * count + (k + 1) * width).trim(),
    );
  const [labels, units, samples] = [field(0, 16), field(96, 8), field(216, 8)];
  const signals = labels
    .map((label, k) => ({ label, unit: unitOf(units[k]), rate: Number(samples[k]) / lasts }))
    .filter(({ label }) => !/annotation/i.test(label));
  const first = signals.find((signal) => signal.unit) ?? signals[0];
  if (!first) return {};
  return {
    columns: signals.map(({ label }) => label),
    chosen: signals.filter((signal) => signal.unit === first.unit).map(({ label }) => label),
    unit: first.unit,
    modality: MODALITY_OF[first.unit],
    rate: first.rate,
    stated: true,
  };
}

function ofWav(view) {
  if (view.byteLength < 36 || view.getUint32(0) !== 0x52494646) return {};
  const [channels, rate] = [view.getUint16(22, true), view.getUint32(24, true)];
  return { rate, stated: true, said: `${channels} ${channels === 1 ? "channel" : "channels"}` };
}
