// Delimited: the beginning of a table of text as rows of cells, cut as the service cuts it.

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
  const counts = ["\t", ";", ","].map((each) => [lines[0].split(each).length, each]);
  const [count, separator] = counts.reduce((best, each) => (each[0] > best[0] ? each : best));
  if (count > 1) return separator;
  return areApartByBlanks(lines) ? " " : ",";
}

// Whether lines without another separator are numbers with a blank between them.
function areApartByBlanks(lines) {
  const rows = lines
    .slice(0, 20)
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
