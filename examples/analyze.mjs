// Uploads a recording and prints its episodes and rates. Node 18 or later, nothing to install:
//
//   node examples/analyze.mjs http://127.0.0.1:3000 visit1.csv modality=emg unit=uV sampling_rate_hz=1000

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const ATTEMPTS = 5;

async function analyze(service, path, fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([await readFile(path)]), basename(path));
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(new URL("/analyze", service), { method: "POST", body: form });
    if (response.ok) return response.json();
    if (![429, 503].includes(response.status) || attempt === ATTEMPTS) {
      const { error } = await response.json();
      throw new Error(`${response.status}: ${error}`);
    }
    await pause(1000 * Math.min(60, Number(response.headers.get("retry-after")) || 2 ** attempt));
  }
}

const [service, path, ...given] = process.argv.slice(2);
if (!path) {
  console.error("usage: node analyze.mjs <service> <file> [modality=… unit=… sampling_rate_hz=…]");
  process.exit(2);
}
const fields = Object.fromEntries(given.map((each) => each.split(/=(.*)/s).slice(0, 2)));

try {
  const first = await analyze(service, path, fields);
  for (const record of [first, ...first.further_channels]) {
    console.log(`${record.recording.channels.join(", ")}: ${record.usable_s.toFixed(1)} s usable`);
    for (const { label, start_s, duration_s, dominant_frequency_hz: hz } of record.episodes) {
      const rhythm = hz === null ? "" : `, ${hz.toFixed(1)} Hz`;
      console.log(`  ${label} from ${start_s.toFixed(1)} s for ${duration_s.toFixed(1)} s${rhythm}`);
    }
    for (const [name, { count, per_minute, low, high }] of Object.entries(record.rates)) {
      const [rate, from, to] = [per_minute, low, high].map((x) => x?.toFixed(2) ?? "?");
      console.log(`  ${name}: ${count}, ${rate} a minute (95 % interval ${from} to ${to})`);
    }
  }
  console.log(first.disclaimer);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
