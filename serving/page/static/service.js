// Service: recordings are posted to /analyze, and what comes back is a record or a sentence.

import { refusal } from "./words.js";

export class Refused extends Error {}

const KINDS = {
  json: "application/json",
  csv: "text/csv",
  html: "text/html",
  fhir: "application/fhir+json",
};

// Posts a recording. `onProgress` is called with the share that is uploaded, 1 when all is there;
// `signal` is an AbortSignal. XMLHttpRequest, because fetch says nothing of an upload's progress.
export function analyse(file, fields, { kind = "json", onProgress, signal } = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== "" && value !== null && value !== undefined) body.append(name, value);
  }
  body.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "analyze");
    request.setRequestHeader("accept", KINDS[kind]);
    request.responseType = "blob";
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(loaded / total);
    request.upload.onload = () => onProgress?.(1);
    request.onload = () =>
      request.status === 200
        ? resolve(request.response)
        : sentenceOf(request, file).then((text) => reject(new Refused(text)));
    request.onerror = () => lossOf(file).then((text) => reject(new Refused(text)));
    request.onabort = () => reject(new Refused("Stopped."));
    signal?.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

// A file that has changed or gone since it was chosen fails as a lost connection does.
async function lossOf(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return "The service cannot be reached, or the connection was lost. Try again.";
  } catch {
    return `${file.name} cannot be read any more: it was changed, moved or deleted. Choose it again.`;
  }
}

async function sentenceOf(request, file) {
  const { error } = await request.response.text().then(JSON.parse).catch(() => ({}));
  const wait = request.getResponseHeader("retry-after");
  const again = wait ? ` Try again in ${wait} s.` : "";
  if (typeof error === "string") return `${refusal(error, file.name)}.${again}`;
  return `The service could not answer (status ${request.status}).${again}`;
}

// Plotly is large: the page is there before it. After a failure it is asked for again.
let plotly = null;
export function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("plotly.js", import.meta.url);
    script.onload = resolve;
    script.onerror = () => {
      plotly = null;
      reject(new Refused("The figure's library could not be loaded. Try again."));
    };
    document.head.append(script);
  });
  return plotly;
}
