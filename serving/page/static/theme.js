// Theme: the colours of the style sheet, light or dark, for what is drawn and not styled.

import { LABELS } from "./words.js";

export function coloursNow() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  const labels = Object.fromEntries(Object.keys(LABELS).map((label) => [label, named(label)]));
  return {
    ...labels,
    surface: named("surface"),
    ink: named("ink"),
    muted: named("muted"),
    grid: named("line"),
    accent: named("accent"),
    signal: named("signal"),
    tint: Number(named("tint")),
    font: style.fontFamily,
    heat: [
      [0, named("heat-0")],
      [0.5, named("heat-1")],
      [1, named("heat-2")],
    ],
  };
}
