// Strings to ids without TensorFlow and without attn_tuner: this file and vectorizer.json.
//
//     const read = new Reader(JSON.parse(text of vectorizer.json));
//     read.ids("A good film!")         // [5, 17, 4, 12]
//     read.padded(["A good film!"])    // rows of equal length, 0 behind each text
//
// The same as reader.py. In Node: const { Reader } = require("./reader.js"); in a page it is a
// global of <script src="reader.js">.

const PADDING = 0, UNKNOWN = 1;
const SIZES = [5, 4, 3]; // Characters of a known beginning or end of a word, the longest first.
const ITSELF = -1, NOTHING = -2; // Among the code points of a spelling.

class Reader {
  constructor(facts) {
    this.facts = facts;
    this.classes = facts.classes;
    this.known = new Map(facts.vocabulary.map((token, index) => [token, index]));
    // Only where the model reads parts of words.
    this.beginnings = new Map((facts.beginnings || []).map((part, number) => [part, number]));
    this.ends = new Map((facts.ends || []).map((part, number) => [part, number]));
  }

  // The tokens of a text, without those that the model does not get to see.
  tokens(text) {
    const { markup, split, apostrophes, kept } = this.facts;
    for (const [pattern, blank] of markup) text = text.replace(new RegExp(pattern, "g"), blank);
    let spelled = Array.from(text, (letter) => this.spelled(letter)).join("");
    if (split === "word") {
      spelled = ` ${spelled} `;
      for (const [pattern, apart] of apostrophes) {
        spelled = spelled.replace(new RegExp(pattern, "g"), apart.replace(/\\(\d)/g, "$$$1"));
      }
    }
    const found = spelled.split(" ").filter((token) => token !== "");
    const [first, last] = kept || [found.length, 0];
    if (found.length <= first + last) return found;
    return [...found.slice(0, first), ...found.slice(found.length - last)];
  }

  // What one character is read as.
  spelled(letter) {
    const { pages, rows, spellings } = this.facts;
    const point = letter.codePointAt(0);
    const row = rows[256 * pages[point >> 8] + (point & 255)];
    return spellings[row]
      .filter((each) => each !== NOTHING)
      .map((each) => (each === ITSELF ? letter : String.fromCodePoint(each)))
      .join("");
  }

  // A number per token; for a token outside the vocabulary see `unknown`.
  ids(text) {
    return this.tokens(text).map((token) => this.known.get(token) || this.unknown(token));
  }

  // A number that says known beginning and end of a word; 1 if there are none.
  unknown(token) {
    const letters = Array.from(`<${token}>`);
    const longest = (known, part) => SIZES.map((size) => known.get(part(size).join(""))).find(Boolean);
    const beginning = longest(this.beginnings, (size) => letters.slice(0, size)) || 0;
    const end = longest(this.ends, (size) => letters.slice(-size)) || 0;
    const code = beginning * this.ends.size + end;
    return code ? this.facts.vocabulary.length + code : UNKNOWN;
  }

  // Rows of ids of equal length, at least 1, or of the length that the model takes.
  padded(texts) {
    const rows = texts.map((text) => this.ids(text));
    const steps = this.facts.steps || rows.reduce((most, row) => Math.max(most, row.length), 1);
    return rows.map((row) => [...row, ...new Array(steps - row.length).fill(PADDING)]);
  }
}

if (typeof module !== "undefined") module.exports = { Reader };
