// Reads lines and CSV files (RFC 4180; comma, semicolon or tab), and writes CSV.

const SEPARATORS = [",", ";", "\t"];

export function splitLines(text) {
  return text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
}

function cells(text, separator) {
  const rows = [];
  let row = [];
  let cell = "";
  let quoted = false;
  for (let place = 0; place < text.length; place += 1) {
    const letter = text[place];
    if (quoted) {
      if (letter !== '"') {
        cell += letter;
      } else if (text[place + 1] === '"') {
        cell += '"';
        place += 1;
      } else {
        quoted = false;
      }
    } else if (letter === '"' && cell === "") {
      quoted = true;
    } else if (letter === separator) {
      row.push(cell);
      cell = "";
    } else if (letter === "\n") {
      row.push(cell);
      rows.push(row);
      [row, cell] = [[], ""];
    } else {
      cell += letter;
    }
  }
  if (cell !== "" || row.length) {
    rows.push([...row, cell]);
  }
  return rows.filter((each) => each.some((value) => value.trim() !== ""));
}

// The separator that cuts nearly all of the first rows into equally many columns, and into most;
// null where none does, so that each row is one cell.
function separatorOf(text) {
  const head = text.slice(0, 20000);
  const columns = (separator) => {
    const widths = cells(head, separator).slice(0, 20).map((row) => row.length);
    const same = widths.filter((width) => width === widths[0]).length;
    return widths[0] > 1 && same >= 0.9 * widths.length ? widths[0] : 0;
  };
  const [most, separator] = SEPARATORS.map((each) => [columns(each), each]).sort((a, b) => b[0] - a[0])[0];
  return most ? separator : null;
}

// Cells of a file, row by row.
export function readRows(text, name) {
  const whole = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  if (/\.txt$/i.test(name)) {
    return splitLines(whole).map((line) => [line]);
  }
  return cells(whole, separatorOf(whole));
}

const mean = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / Math.max(1, numbers.length);

// The column with the longest cells holds the texts.
export function textColumn(rows) {
  const body = rows.slice(1, 200);
  const lengths = rows[0].map((_, column) => mean(body.map((row) => (row[column] || "").length)));
  return lengths.indexOf(Math.max(...lengths));
}

// The first row names the columns where its cell is far shorter than the texts below, and one word.
export function hasHeader(rows, column) {
  if (rows.length < 2) {
    return false;
  }
  const first = (rows[0][column] || "").trim();
  const usual = mean(rows.slice(1, 200).map((row) => (row[column] || "").length));
  return /^[\w.-]{1,40}$/.test(first) && first.length <= usual;
}

function quoted(value) {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function writeCsv(rows) {
  return rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}
