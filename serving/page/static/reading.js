// Reading: what the beginning of a file says of itself, to fill in the form. The service decides.

import { isNumber, rowsOf, textOf } from "./delimited.js";

const HEAD_BYTES = 65536;
const ANNOTATIONS = "EDF Annotations";
const TIME_NAME = /^(t|time|timestamp|date|datetime|zeit|uhrzeit|temps)([\s_([].*)?$/i;
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

// What is found: any of {modality, unit, rate, columns, timeColumn, timeUnit, said}. A column is
// {name, place, chosen}: names may repeat, so the service is told the place, counted as it counts.
export async function look(file) {
  const head = await file.slice(0, HEAD_BYTES).arrayBuffer();
  const suffix = file.name.toLowerCase().split(".").at(-1);
  if (["csv", "tsv", "txt"].includes(suffix)) return ofTable(rowsOf(textOf(head)));
  if (suffix === "edf") return ofEdf(new TextDecoder("latin1").decode(head));
  if (suffix === "wav") return ofWav(new DataView(head));
  return {};
}

function ofTable([first, ...below]) {
  if (!first) return {};
  if (isData(first, below[0] ?? [])) return { said: "The file has no names for its columns" };
  // The last row may be cut.
  const rows = below.slice(0, -1);
  const timePlace = first.findIndex((name) => TIME_NAME.test(name));
  const columns = first
    .map((name, place) => ({ name, place }))
    .filter(({ place }) => place !== timePlace && rows.some((row) => isNumber(row[place] ?? "")));
  const found = { ...kindOf(columns.map(({ name }) => name)) };
  found.columns = withChosen(columns, found.modality);
  if (timePlace < 0) return found;
  const times = rows.map((row) => row[timePlace] ?? "");
  return { ...found, ...paceOf({ name: first[timePlace], place: timePlace }, times) };
}

// Whether a first row is samples, of which some may be missing; pandas numbers columns without
// names, beside an index, or from 0 over fractions.
function isData(cells, below) {
  const numbered = cells.every((cell, place) => cell === (place ? String(place - 1) : ""));
  const counted = cells.length > 1 && cells.every((cell, place) => cell === String(place));
  const samples = below.filter((cell) => cell && !/^-?nan$/i.test(cell));
  const fractions = samples.length > 0 && !samples.some((cell) => /^[+-]*\d+$/.test(cell));
  const known = cells.filter((cell) => cell && !/^-?nan$/i.test(cell));
  return !numbered && !(counted && fractions) && known.every(isNumber);
}

// Times by their name, or by how far they are apart.
function paceOf(timeColumn, times) {
  if (times.length < 3) return {};
  if (!times.every(isNumber)) return { timeColumn, timeUnit: "" };
  const values = times.map((cell) => Number(cell.replace(",", ".")));
  const step = (values.at(-1) - values[0]) / (values.length - 1);
  const named = timeColumn.name.match(/[_\s([](s|ms|us|ns)[\])]?$/i)?.[1].toLowerCase();
  const timeUnit = named ?? (step < 0.5 ? "s" : step < 200 ? "ms" : step < 2e5 ? "us" : "ns");
  const seconds = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 }[timeUnit] * step;
  return seconds > 0 ? { timeColumn, timeUnit, seen_hz: 1 / seconds } : {};
}

// Modality and unit as the names of the columns have them: "acc_x [g]", "EMG (uV)", "gyro_z".
function kindOf(names) {
  const all = names.join(" ");
  const inBrackets = names.map((name) => name.match(/[[(]([^\])]+)[\])]\s*$/)?.[1]);
  const atEnd = names.map((name) => name.split("_").at(-1));
  const unit = unitOf(inBrackets.find(unitOf)) ?? unitOf(atEnd.find(unitOf));
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
function withChosen(columns, modality) {
  const pattern = { emg: /emg|muscle/i, accelerometer: /acc/i, gyroscope: /gyr/i }[modality];
  const own = (name) => pattern?.test(name);
  const all = !columns.some(({ name }) => own(name));
  return columns.map((column) => ({ ...column, chosen: all || own(column.name) }));
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
    .filter(({ label }) => label !== ANNOTATIONS);
  const first = signals.find((signal) => signal.unit) ?? signals[0];
  if (!first) return {};
  return {
    columns: signals.map(({ label, unit }, place) => ({
      name: label,
      place,
      chosen: unit === first.unit,
    })),
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
