// Markdown, inside a block: text → a tree of plain objects.
//
//   { type: 'text', text }    { type: 'break' }    { type: 'code', text }    { type: 'link', address, children }
//   { type: 'image', address, text }    { type: 'emphasis' | 'strong' | 'strike', children }
//
// Emphasis follows CommonMark's list of delimiters, in time linear in the text but for runs of unlike marks.

const PUNCTUATION = /[!-/:-@[-`{-~]/;
const WORD_BEFORE_ADDRESS = /[\p{L}\p{N}_]/u;
const LONGEST_ADDRESS = 2000;
const NAMES = new Map(Object.entries({
  amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'', nbsp: '\u00a0', copy: '©', reg: '®', trade: '™', deg: '°',
  hellip: '…', mdash: '—', ndash: '–', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', times: '×', middot: '·',
}));

/// The inline nodes of a text.
export function inlines(text) {
  return new InlineParser(text).run();
}

class InlineParser {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.plain = '';
    // A doubly linked list, so that wrapping a stretch costs no copying. `root` is both its ends.
    this.root = { type: 'root' };
    this.root.next = this.root.previous = this.root;
    this.brackets = [];
    this.lastDelimiter = null;
    this.ticks = null;
  }

  run() {
    while (this.at < this.text.length) this.step();
    this.flush();
    this.pairDelimiters(null);
    return collected(this.root.next, this.root);
  }

  step() {
    const character = this.text[this.at];
    switch (character) {
      case '\\': return this.escape();
      case '\n': return this.lineBreak();
      case '`': return this.code();
      case '*': case '_': case '~': return this.delimiter(character);
      case '[': return this.openBracket('[');
      case '!': return this.text[this.at + 1] === '[' ? this.openBracket('![') : this.literal(1);
      case ']': return this.closeBracket();
      case '<': return this.autolink();
      case '&': return this.entity();
      case 'h': case 'H': return this.bareAddress();
      default: return this.literal(1);
    }
  }

  literal(count) {
    this.plain += this.text.slice(this.at, this.at + count);
    this.at += count;
  }

  flush() {
    if (this.plain === '') return;
    const text = this.plain;
    this.plain = '';
    this.append({ type: 'text', text });
  }

  append(node) {
    this.flush();
    insertBefore(this.root, node);
    return node;
  }

  /// What a sticky expression finds here.
  match(expression) {
    expression.lastIndex = this.at;
    return expression.exec(this.text);
  }

  escape() {
    const next = this.text[this.at + 1];
    if (next === '\n') {
      this.at += 1;
      return this.lineBreak();
    }
    if (next !== undefined && PUNCTUATION.test(next)) this.at += 1;
    return this.literal(1);
  }

  // Every end of line is kept as one: answers are often plain text, where lines mean something.
  lineBreak() {
    this.plain = this.plain.trimEnd();
    this.append({ type: 'break' });
    this.at += 1;
    while (this.text[this.at] === ' ') this.at++;
  }

  code() {
    if (this.ticks === null) {
      // Where runs of each length stand, so that a search for an end that is not there costs nothing.
      this.ticks = new Map();
      for (const run of this.text.matchAll(/`+/g)) {
        const length = run[0].length;
        if (!this.ticks.has(length)) this.ticks.set(length, []);
        this.ticks.get(length).push(run.index);
      }
    }
    const length = this.match(/`+/y)[0].length;
    const places = this.ticks.get(length) ?? [];
    while (places.length > 0 && places[0] < this.at + length) places.shift();
    if (places.length === 0) return this.literal(length);
    const end = places.shift();
    let text = this.text.slice(this.at + length, end).replace(/\n/g, ' ');
    if (text.length > 2 && text.startsWith(' ') && text.endsWith(' ') && text.trim() !== '') text = text.slice(1, -1);
    this.append({ type: 'code', text });
    this.at = end + length;
  }

  entity() {
    const found = this.match(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/y);
    if (found === null) return this.literal(1);
    let value = NAMES.get(found[3]) ?? null;
    if (found[3] === undefined) {
      const code = found[1] !== undefined ? parseInt(found[1], 10) : parseInt(found[2], 16);
      const isText = code >= 32 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      value = isText ? String.fromCodePoint(code) : '\ufffd';
    }
    if (value === null) return this.literal(1);
    this.plain += value;
    this.at += found[0].length;
  }

  autolink() {
    const found = this.match(/<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/iy);
    if (found === null) return this.literal(1);
    this.append({ type: 'link', address: found[1], children: [{ type: 'text', text: found[1] }] });
    this.at += found[0].length;
  }

  bareAddress() {
    const before = this.text[this.at - 1];
    const found = before !== undefined && WORD_BEFORE_ADDRESS.test(before)
      ? null : this.match(/https?:\/\/[^\s<>"`]{1,2000}/iy);
    if (found === null) return this.literal(1);
    let address = found[0];
    // Punctuation at the end belongs to the sentence, a bracket only if it was not opened in the address.
    for (;;) {
      const last = address[address.length - 1];
      if (/[.,:;!?'*_~\]]/.test(last)) address = address.slice(0, -1);
      else if (last === ')' && address.split('(').length < address.split(')').length) address = address.slice(0, -1);
      else break;
    }
    if (!/^https?:\/\/./i.test(address)) return this.literal(1);
    this.append({ type: 'link', address, children: [{ type: 'text', text: address }] });
    this.at += address.length;
  }

  delimiter(mark) {
    let length = 1;
    while (this.text[this.at + length] === mark) length++;
    if (mark === '~' && length !== 2) return this.literal(length);
    const before = this.at === 0 ? ' ' : this.text[this.at - 1];
    const after = this.text[this.at + length] ?? ' ';
    const leftFlanking = !isSpace(after) && (!isPunctuation(after) || isSpace(before) || isPunctuation(before));
    const rightFlanking = !isSpace(before) && (!isPunctuation(before) || isSpace(after) || isPunctuation(after));
    const isWord = mark === '_';
    const node = this.append({
      type: 'text',
      text: mark.repeat(length),
      mark,
      length,
      opens: leftFlanking && (!isWord || !rightFlanking || isPunctuation(before)),
      closes: rightFlanking && (!isWord || !leftFlanking || isPunctuation(after)),
      earlier: this.lastDelimiter,
      later: null,
    });
    if (this.lastDelimiter !== null) this.lastDelimiter.later = node;
    this.lastDelimiter = node;
    this.at += length;
  }

  openBracket(mark) {
    this.flush();
    const node = this.append({ type: 'text', text: mark });
    this.at += mark.length;
    this.brackets.push({ node, isImage: mark === '![', isActive: true, delimiters: this.lastDelimiter, from: this.at });
  }

  closeBracket() {
    const opener = this.brackets.pop();
    if (opener === undefined || !opener.isActive) return this.literal(1);
    const text = this.text.slice(opener.from, this.at);
    const target = this.target(this.at + 1);
    if (target === null) return this.literal(1);
    this.flush();
    this.pairDelimiters(opener.delimiters);
    const children = collected(opener.node.next, this.root);
    const node = opener.isImage
      ? { type: 'image', address: target.address, text } : { type: 'link', address: target.address, children };
    cut(opener.node, this.root);
    insertBefore(this.root, node);
    // A link holds no other link.
    if (!opener.isImage) for (const bracket of this.brackets) if (!bracket.isImage) bracket.isActive = false;
    this.at = target.end;
  }

  /// `(address "title")` at a place, or null.
  target(from) {
    if (this.text[from] !== '(') return null;
    const inside = this.text.slice(from + 1, from + 1 + LONGEST_ADDRESS);
    const found = /^\s*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\([^\s()]*\))*))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/.exec(inside);
    if (found === null) return null;
    const address = (found[1] ?? found[2] ?? '').replace(/\\([!-/:-@[-`{-~])/g, '$1');
    return { address, end: from + 1 + found[0].length };
  }

  /// Makes emphasis of the delimiters after `bottom` (CommonMark, "process emphasis").
  pairDelimiters(bottom) {
    const floors = new Map();
    let closer = bottom === null ? this.firstDelimiter() : bottom.later;
    while (closer !== null) {
      if (!closer.closes) {
        closer = closer.later;
        continue;
      }
      const kind = `${closer.mark}${closer.opens}${closer.length % 3}`;
      const floor = floors.get(kind) ?? bottom;
      let opener = closer.earlier;
      while (opener !== null && opener !== bottom && opener !== floor && !pairs(opener, closer)) opener = opener.earlier;
      if (opener === null || opener === bottom || opener === floor) {
        floors.set(kind, closer.earlier);
        const next = closer.later;
        if (!closer.opens) this.forget(closer);
        closer = next;
        continue;
      }
      const used = closer.mark === '~' || (opener.length >= 2 && closer.length >= 2) ? 2 : 1;
      for (let inner = opener.later; inner !== closer; inner = inner.later) this.forget(inner);
      const type = closer.mark === '~' ? 'strike' : used === 2 ? 'strong' : 'emphasis';
      const children = collected(opener.next, closer);
      cut(opener.next, closer);
      insertBefore(closer, { type, children });
      this.shorten(opener, used);
      const next = closer.length === used ? closer.later : closer;
      this.shorten(closer, used);
      closer = next;
    }
    this.lastDelimiter = bottom;
    if (bottom !== null) bottom.later = null;
  }

  firstDelimiter() {
    let first = this.lastDelimiter;
    while (first !== null && first.earlier !== null) first = first.earlier;
    return first;
  }

  shorten(node, count) {
    node.length -= count;
    node.text = node.mark.repeat(node.length);
    if (node.length > 0) return;
    this.forget(node);
    node.previous.next = node.next;
    node.next.previous = node.previous;
  }

  /// Takes a delimiter off the list of those that may still pair; its text stays.
  forget(node) {
    if (node.earlier !== null) node.earlier.later = node.later;
    if (node.later !== null) node.later.earlier = node.earlier;
    if (this.lastDelimiter === node) this.lastDelimiter = node.earlier;
  }
}

function pairs(opener, closer) {
  if (opener.mark !== closer.mark || !opener.opens) return false;
  const isOdd = (opener.closes || closer.opens) && (opener.length + closer.length) % 3 === 0;
  return !isOdd || (opener.length % 3 === 0 && closer.length % 3 === 0);
}

const isSpace = (character) => /\s/.test(character);
const isPunctuation = (character) => /[\p{P}\p{S}]/u.test(character);

function insertBefore(place, node) {
  node.previous = place.previous;
  node.next = place;
  place.previous.next = node;
  place.previous = node;
}

/// Takes the nodes from `first` up to `end` (not included) out of the list.
function cut(first, end) {
  const before = first.previous;
  before.next = end;
  end.previous = before;
}

/// The nodes from `first` up to `end`, freed of the list's links, neighbouring texts joined.
function collected(first, end) {
  const found = [];
  for (let node = first; node !== end; node = node.next) {
    const last = found[found.length - 1];
    if (node.type === 'text' && last?.type === 'text') last.text += node.text;
    else if (node.type === 'text') found.push({ type: 'text', text: node.text });
    else if (node.type === 'link') found.push({ type: 'link', address: node.address, children: node.children });
    else if (node.type === 'image') found.push({ type: 'image', address: node.address, text: node.text });
    else if (node.type === 'code') found.push({ type: 'code', text: node.text });
    else if (node.type === 'break') found.push({ type: 'break' });
    else found.push({ type: node.type, children: node.children });
  }
  return found;
}
