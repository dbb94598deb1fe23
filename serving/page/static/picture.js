// Picture: from the compact trace and spectrogram of a record to what is drawn of a stretch.

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function integers(text) {
  const view = new DataView(bytes(text).buffer);
  return Int16Array.from({ length: view.byteLength / 2 }, (_, k) => view.getInt16(2 * k, true));
}

// The trace with its numbers decoded: one {low, high} of Float32Array a channel, NaN where empty.
export function readTrace(trace) {
  const values = (text, channel) =>
    Float32Array.from(integers(text), (step) =>
      step === -32768 ? NaN : trace.offset[channel] + trace.scale[channel] * step,
    );
  return {
    startS: trace.start_s,
    columnS: trace.column_s,
    count: trace.n_columns,
    channels: trace.low.map((low, channel) => ({
      low: values(low, channel),
      high: values(trace.high[channel], channel),
    })),
  };
}

// The trace of a record as it is looked at: of an accelerometer, without gravity.
export function traceOf({ trace, recording }) {
  const picture = readTrace(trace);
  return recording.modality === "accelerometer" ? withoutSlow(picture) : picture;
}

const SLOW_S = 4;

// The trace without what changes slowly: of an accelerometer that is gravity, beside which a tremor
// could not be seen. From each column goes the mean of the 4 s around it.
function withoutSlow(picture) {
  const half = Math.round(SLOW_S / 2 / picture.columnS);
  const channels = picture.channels.map(({ low, high }) => {
    const means = movingMean(low.map((value, k) => (value + high[k]) / 2), half);
    return { low: low.map((value, k) => value - means[k]), high: high.map((v, k) => v - means[k]) };
  });
  return { ...picture, channels };
}

// The mean of the values up to `half` places away that are known.
function movingMean(values, half) {
  const [sums, counts] = [new Float64Array(values.length + 1), new Uint32Array(values.length + 1)];
  values.forEach((value, k) => {
    const known = !Number.isNaN(value);
    sums[k + 1] = sums[k] + (known ? value : 0);
    counts[k + 1] = counts[k] + (known ? 1 : 0);
  });
  return values.map((_, k) => {
    const [from, to] = [Math.max(0, k - half), Math.min(values.length, k + half + 1)];
    return (sums[to] - sums[from]) / (counts[to] - counts[from]);
  });
}

// First column of a picture that a stretch shows, and the one after the last, one more either side.
function columnsOf(picture, [fromS, toS]) {
  const place = (seconds) => (seconds - picture.startS) / picture.columnS;
  const first = Math.max(0, Math.floor(place(fromS)) - 1);
  return [first, Math.max(first, Math.min(picture.count, Math.ceil(place(toS)) + 1))];
}

// A line through the extremes of one channel in a stretch, at most two points a pixel.
export function lineOf(picture, channel, range, pixels) {
  const { low, high } = picture.channels[channel];
  const [first, last] = columnsOf(picture, range);
  const together = Math.max(1, Math.floor((last - first) / pixels));
  const line = { x: [], y: [] };
  // Groups begin at the same columns wherever the stretch begins, so that nothing flickers.
  for (let k = first - (first % together); k < last; k += together) {
    let [bottom, top] = [NaN, NaN];
    for (let j = k; j < Math.min(k + together, picture.count); j += 1) {
      if (!(bottom <= low[j])) bottom = Number.isNaN(low[j]) ? bottom : low[j];
      if (!(top >= high[j])) top = Number.isNaN(high[j]) ? top : high[j];
    }
    const x = picture.startS + (k + together / 2) * picture.columnS;
    const empty = Number.isNaN(bottom);
    line.x.push(x, x);
    line.y.push(empty ? null : bottom, empty ? null : top);
  }
  return line;
}

const WIDE_PX = 1.5;

// Whether columns of many samples are seen one by one: a line through their extremes would be a
// waveform that nobody recorded.
export function isCoarse(picture, rateHz, pixelS) {
  return picture.columnS * rateHz > 1.5 && picture.columnS / pixelS > WIDE_PX;
}

// The same extremes as a band with a step for every column, an outline for each unbroken run.
export function bandOf(picture, channel, range) {
  const { low, high } = picture.channels[channel];
  const [first, last] = columnsOf(picture, range);
  const band = { x: [], y: [] };
  for (let k = first; k < last; k += 1) {
    const from = k;
    while (k < last && !Number.isNaN(low[k])) k += 1;
    if (k === from) continue;
    const run = Array.from({ length: k - from }, (_, j) => from + j);
    const edges = run.flatMap((j) => [j, j + 1]).map((j) => picture.startS + j * picture.columnS);
    band.x.push(...edges, ...[...edges].reverse(), edges[0], null);
    const tops = run.flatMap((j) => [high[j], high[j]]);
    const bottoms = run.flatMap((j) => [low[j], low[j]]).reverse();
    band.y.push(...tops, ...bottoms, tops[0], null);
  }
  return band;
}

// The value below which a share of the numbers lies; NaN is left out.
export function quantile(values, share) {
  const known = Float32Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  return known.length ? known[Math.min(known.length - 1, Math.floor(share * known.length))] : 0;
}

// The middle of each channel, and half the height that shows all of every channel.
export function heights(picture) {
  const middles = picture.channels.map(
    ({ low, high }) => (quantile(low, 0.5) + quantile(high, 0.5)) / 2,
  );
  const half = picture.channels.map(({ low, high }, channel) =>
    Math.max(
      quantile(high, 1) - middles[channel],
      middles[channel] - quantile(low, 0),
    ),
  );
  return { middles, half: Math.max(...half) || 1 };
}

// The highest value of a channel around a time, NaN where nothing was recorded.
export function topAround(picture, channel, seconds, lengthS) {
  const place = (time) => Math.floor((time - picture.startS) / picture.columnS);
  const [from, to] = [place(seconds - lengthS / 2), place(seconds + lengthS / 2)];
  const seen = picture.channels[channel].high.slice(Math.max(0, from), to + 1);
  return seen.reduce((top, value) => (top >= value || Number.isNaN(value) ? top : value), NaN);
}

const LOWEST_HZ = 1;

// The spectrogram with its levels in decibels: rows from 1 Hz upward, each a list of columns.
export function readSpectrogram(spectrogram) {
  const levels = bytes(spectrogram.power);
  const rows = [];
  for (let r = Math.ceil(LOWEST_HZ / spectrogram.row_hz); r < spectrogram.n_rows; r += 1) {
    rows.push(
      Array.from({ length: spectrogram.n_columns }, (_, k) => {
        const level = levels[k * spectrogram.n_rows + r];
        return level ? spectrogram.low_db + spectrogram.step_db * level : null;
      }),
    );
  }
  const known = Float32Array.from(rows.flat().map((level) => level ?? NaN));
  return {
    startS: spectrogram.start_s,
    columnS: spectrogram.column_s,
    count: spectrogram.n_columns,
    rowHz: spectrogram.row_hz,
    firstHz: Math.ceil(LOWEST_HZ / spectrogram.row_hz) * spectrogram.row_hz,
    rows,
    darkest: quantile(known, 0.3),
    brightest: quantile(known, 0.998),
  };
}

// What a stretch shows of a spectrogram.
export function partOf(picture, range) {
  const [first, last] = columnsOf(picture, range);
  return {
    z: picture.rows.map((row) => row.slice(first, last)),
    x0: picture.startS + (first + 0.5) * picture.columnS,
    dx: picture.columnS,
    y0: picture.firstHz,
    dy: picture.rowHz,
  };
}
