// Print: a figure is drawn anew for it, light and with room, and scaled to the sheet.

export const PAPER_PX = 1000;

// Calls `draw` with whether it is for paper, before the page is printed and after, until `signal`
// is aborted. Meanwhile colours are those of paper, whatever those of the screen are.
export function onPaper(draw, signal) {
  for (const [event, is] of [["beforeprint", true], ["afterprint", false]]) {
    const act = () => {
      document.documentElement.classList.toggle("paper", is);
      draw(is);
    };
    window.addEventListener(event, act, { signal });
  }
}

// Lets what Plotly has drawn be as wide as the sheet, of which no script knows.
export function scalable(plot, width, height) {
  plot.style.setProperty("--shape", `${width} / ${height}`);
  for (const drawn of plot.querySelectorAll(".main-svg")) {
    drawn.setAttribute("viewBox", `0 0 ${width} ${height}`);
  }
}
