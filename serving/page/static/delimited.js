// Delimited: the beginning of a table of text as rows of cells, cut as the service cuts it.

const SOME_LINES = 20;
const DECIMAL_COMMA = /^\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*$/;
const NO_WHOLE_NUMBERS = /^\s*(-0+,|[+-]?\d*,0\d)/;

// Text in the encoding that its first bytes tell; Windows text where they are no UTF-8.
export function textOf(bytes) {
  const [first, second] = new Uint8Array(bytes.slice(0, 2));
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    // The last character may be cut.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

// The rows from the first line on that is neither empty nor a remark.
export function rowsOf(text) {
  const lines = text.split(/\r\n|\r|\n/);
  const next = () => {
    while (lines.length && (!lines[0].trim() || lines[0].startsWith("#"))) lines.shift();
  };
  next();
  // A first line by which Excel is told the separator.
  const stated = lines[0]?.match(/^"?sep=([\t ;,|:^~])"?\1*$/i)?.[1];
  if (stated) {
    lines.shift();
    next();
  }
  if (!lines.length) return [];
  return cellsOf(lines.join("\n"), stated ?? separatorOf(lines));
}

function separatorOf(lines) {
  const some = lines.slice(0, SOME_LINES);
  if (isOneColumn(some)) return ";";
  const possible = ["\t", ";", ","].filter((each) => lines[0].includes(each));
  if (!possible.length) return areApartByBlanks(some) ? " " : ",";
  // A name may hold another separator, and a decimal comma looks like one.
  const ranked = possible.map((each) => [numbersBy(some, each), lines[0].split(each).length, each]);
  const isBetter = (one, other) => one[0] > other[0] || (one[0] === other[0] && one[1] > other[1]);
  return ranked.reduce((best, each) => (isBetter(each, best) ? each : best))[2];
}

// Whether the only commas are decimal ones: under one name, or where no whole number is meant, for
// nobody writes -0 and 05.
function isOneColumn(lines) {
  const [first, ...below] = lines.filter((line) => line.trim());
  const rows = first.includes(",") ? [first, ...below] : below;
  if (!rows.length || !rows.every((row) => DECIMAL_COMMA.test(row))) return false;
  const isNamed = rows.length === below.length && !/[\t;,]/.test(first);
  return isNamed || rows.some((row) => NO_WHOLE_NUMBERS.test(row));
}

// Which share of the first cells are numbers, of rows that are as long as the first.
function numbersBy(lines, separator) {
  const rows = cellsOf(lines.join("\n"), separator);
  const cells = rows.filter((row) => row.length === rows[0].length).flat();
  const point = separator === "," ? "." : ",";
  const numbers = cells.filter((cell) => cell && Number.isFinite(Number(cell.replace(point, "."))));
  return numbers.length / rows.flat().length;
}

// Whether lines without another separator are numbers with a blank between them.
function areApartByBlanks(lines) {
  const rows = lines
    .filter((line) => line.trim())
    .map((line) => line.split(" "));
  const last = rows.at(-1);
  return last.length > 1 && rows.every((row) => row.length === last.length) && last.every(isNumber);
}

export function isNumber(cell) {
  return cell.trim() !== "" && Number.isFinite(Number(cell.replace(",", ".")));
}

// A cell that begins with a quote goes on to the next single one, over separators and lines.
function cellsOf(text, separator) {
  const rows = [];
  let row = [];
  let at = 0;
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      const close = closing(text, at + 1);
      cell = text.slice(at + 1, close).replaceAll('""', '"');
      at = close + 1;
    }
    const from = at;
    while (at < text.length && text[at] !== separator && text[at] !== "\n") at += 1;
    row.push((cell + text.slice(from, at)).trim());
    if (at >= text.length || text[at] === "\n") {
      if (row.length > 1 || row[0]) rows.push(row);
      row = [];
    }
    at += 1;
  }
  return rows;
}

// Where the quote is that ends a cell; doubled ones stand for themselves.
function closing(text, from) {
  let at = from;
  while (at < text.length && (text[at] !== '"' || text[at + 1] === '"')) {
    at += text[at] === '"' ? 2 : 1;
  }
  return at;
}
