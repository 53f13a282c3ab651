// Markdown, blocks: text → a tree of plain objects. A subset of CommonMark with GitHub's tables, strike-through and tasks;
// no raw HTML, no reference links. Work is linear in the text for each of at most `DEEPEST` levels of nesting.
//
//   { type: 'paragraph' | 'heading', level?, children: [inline…] }     { type: 'code', language, text }
//   { type: 'quote', children: [block…] }                              { type: 'rule' }
//   { type: 'list', isOrdered, start, isLoose, items: [{ task: null | true | false, children: [block…] }] }
//   { type: 'table', alignments: [null | 'left' | 'center' | 'right'], head: [[inline…]…], rows: [[[inline…]…]…] }

import { inlines } from './markdown-inline.js';

const DEEPEST = 12;

/// The blocks of a text.
export function blocks(text) {
  return parse(text.replace(/\r\n?/g, '\n').split('\n').map(withoutTabs), 0);
}

function withoutTabs(line) {
  let width = 0;
  let at = 0;
  for (; line[at] === ' ' || line[at] === '\t'; at++) width += line[at] === '\t' ? 4 - (width % 4) : 1;
  return ' '.repeat(width) + line.slice(at);
}

function indentation(line) {
  let at = 0;
  while (line[at] === ' ') at++;
  return at;
}

const isBlank = (line) => line.trim() === '';

function fence(line) {
  const found = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
  if (found === null || (found[1][0] === '`' && found[2].includes('`'))) return null;
  return { mark: found[1], language: found[2].trim(), indent: indentation(line) };
}

function heading(line) {
  const found = /^ {0,3}(#{1,6})(?:[ \t]|$)/.exec(line);
  if (found === null) return null;
  let text = line.slice(found[0].length).trim();
  let end = text.length;
  while (text[end - 1] === '#') end--;
  if (end === 0 || text[end - 1] === ' ') text = text.slice(0, end).trim();
  return { level: found[1].length, text };
}

const isRule = (line) => /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/.test(line);
const isQuote = (line) => /^ {0,3}>/.test(line);

function bullet(line) {
  const found = /^( *)([-*+]|\d{1,9}[.)])(?: +|$)/.exec(line);
  if (found === null || isRule(line)) return null;
  const [all, before, mark] = found;
  const spaces = all.length - before.length - mark.length;
  const isEmpty = all.length === line.length;
  return {
    indent: before.length,
    // Where the item's text begins; five spaces or more would be code inside it.
    content: before.length + mark.length + (isEmpty || spaces > 4 ? 1 : spaces),
    kind: mark[mark.length - 1],
    isOrdered: mark.length > 1,
    start: parseInt(mark, 10),
    isEmpty,
  };
}

/// Whether a line ends the paragraph before it.
function interrupts(line) {
  if (indentation(line) > 3) return false;
  const mark = bullet(line);
  if (mark !== null) return !mark.isEmpty && (!mark.isOrdered || mark.start === 1);
  return fence(line) !== null || heading(line) !== null || isRule(line) || isQuote(line);
}

/// The cells of a table's row.
function cells(line) {
  const row = line.trim().replace(/^\|/, '');
  const found = [];
  let cell = '';
  for (let at = 0; at < row.length; at++) {
    if (row[at] === '\\' && row[at + 1] === '|') {
      cell += '|';
      at++;
    } else if (row[at] === '|') {
      found.push(cell.trim());
      cell = '';
    } else {
      cell += row[at];
    }
  }
  if (cell.trim() !== '' || !row.endsWith('|')) found.push(cell.trim());
  return found;
}

function alignments(line, count) {
  if (line === undefined || !line.includes('-') || !/^[ |:-]+$/.test(line)) return null;
  const row = cells(line);
  if (row.length !== count || !row.every((cell) => /^:?-+:?$/.test(cell))) return null;
  return row.map((cell) => {
    if (cell.startsWith(':')) return cell.endsWith(':') ? 'center' : 'left';
    return cell.endsWith(':') ? 'right' : null;
  });
}

function tableAt(lines, at) {
  const line = lines[at];
  if (!line.includes('|') || indentation(line) > 3) return null;
  const head = cells(line);
  const columns = alignments(lines[at + 1], head.length);
  if (columns === null || (head.length === 1 && !line.trim().startsWith('|'))) return null;
  let end = at + 2;
  const rows = [];
  while (end < lines.length && !isBlank(lines[end]) && lines[end].includes('|')) {
    const row = cells(lines[end]);
    rows.push(head.map((_, column) => inlines(row[column] ?? '')));
    end++;
  }
  return { block: { type: 'table', alignments: columns, head: head.map((cell) => inlines(cell)), rows }, end };
}

function codeAt(lines, at, opening) {
  const text = [];
  let end = at + 1;
  for (; end < lines.length; end++) {
    const closing = fence(lines[end]);
    if (closing !== null && closing.language === '' && closing.mark[0] === opening.mark[0]
      && closing.mark.length >= opening.mark.length) break;
    text.push(lines[end].slice(Math.min(opening.indent, indentation(lines[end]))));
  }
  return { block: { type: 'code', language: opening.language, text: text.join('\n') }, end: end + 1 };
}

function indentedCodeAt(lines, at) {
  let end = at;
  while (end < lines.length && (isBlank(lines[end]) || indentation(lines[end]) >= 4)) end++;
  while (isBlank(lines[end - 1])) end--;
  const text = lines.slice(at, end).map((line) => line.slice(4)).join('\n');
  return { block: { type: 'code', language: '', text }, end };
}

function quoteAt(lines, at, depth) {
  const inner = [];
  let end = at;
  for (; end < lines.length && !isBlank(lines[end]); end++) {
    if (isQuote(lines[end])) inner.push(withoutTabs(lines[end].replace(/^ {0,3}> ?/, '')));
    else if (!interrupts(lines[end]) && !isBlank(inner[inner.length - 1])) inner.push(lines[end]);
    else break;
  }
  return { block: { type: 'quote', children: parse(inner, depth + 1) }, end };
}

/// Lines of one item, taken from `at`; `gap` says whether a blank line stood before what follows it.
function itemAt(lines, at, mark) {
  const inner = [lines[at].slice(Math.min(mark.content, lines[at].length))];
  let end = at + 1;
  for (; end < lines.length; end++) {
    const line = lines[end];
    if (isBlank(line)) {
      inner.push('');
      continue;
    }
    const indent = indentation(line);
    // Models often indent inner lists by two where the standard wants the width of the mark.
    const isInner = indent >= mark.content || (indent >= mark.indent + 2 && bullet(line) !== null);
    const isLazy = !isBlank(inner[inner.length - 1]) && !interrupts(line) && bullet(line) === null;
    if (!isInner && !isLazy) break;
    inner.push(line.slice(Math.min(indent, mark.content)));
  }
  let gap = false;
  while (inner.length > 1 && isBlank(inner[inner.length - 1])) {
    inner.pop();
    gap = true;
  }
  return { inner, end, gap };
}

function listAt(lines, at, depth) {
  const first = bullet(lines[at]);
  const list = { type: 'list', isOrdered: first.isOrdered, start: first.start, isLoose: false, items: [] };
  let end = at;
  while (end < lines.length) {
    const mark = bullet(lines[end]);
    if (mark === null || mark.kind !== first.kind || mark.isOrdered !== first.isOrdered) break;
    const item = itemAt(lines, end, mark);
    const task = /^\[([ xX])\] /.exec(item.inner[0]);
    if (task !== null) item.inner[0] = item.inner[0].slice(4);
    const children = parse(item.inner, depth + 1);
    list.items.push({ task: task === null ? null : task[1] !== ' ', children });
    const goesOn = item.end < lines.length && bullet(lines[item.end])?.kind === first.kind;
    if ((item.gap && goesOn) || (children.length > 1 && children.some((child, index) => index > 0 && child.type === 'paragraph'))) {
      list.isLoose = true;
    }
    end = item.end;
  }
  return { block: list, end };
}

function paragraphAt(lines, at) {
  const text = [];
  let end = at;
  for (; end < lines.length && !isBlank(lines[end]); end++) {
    if (end > at) {
      const underline = /^ {0,3}(=+|-+)[ \t]*$/.exec(lines[end]);
      if (underline !== null) {
        const level = underline[1][0] === '=' ? 1 : 2;
        return { block: { type: 'heading', level, children: inlines(text.join('\n')) }, end: end + 1 };
      }
      if (interrupts(lines[end]) || tableAt(lines, end) !== null) break;
    }
    text.push(lines[end].trimStart());
  }
  return { block: { type: 'paragraph', children: inlines(text.join('\n').trimEnd()) }, end };
}

function blockAt(lines, at, depth) {
  const line = lines[at];
  if (depth >= DEEPEST) {
    const text = lines.slice(at).join('\n');
    return { block: { type: 'paragraph', children: [{ type: 'text', text }] }, end: lines.length };
  }
  if (indentation(line) >= 4) return indentedCodeAt(lines, at);
  const opening = fence(line);
  if (opening !== null) return codeAt(lines, at, opening);
  const title = heading(line);
  if (title !== null) {
    return { block: { type: 'heading', level: title.level, children: inlines(title.text) }, end: at + 1 };
  }
  if (isRule(line)) return { block: { type: 'rule' }, end: at + 1 };
  if (isQuote(line)) return quoteAt(lines, at, depth);
  if (bullet(line) !== null) return listAt(lines, at, depth);
  return tableAt(lines, at) ?? paragraphAt(lines, at);
}

function parse(lines, depth) {
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) {
      at++;
      continue;
    }
    const { block, end } = blockAt(lines, at, depth);
    found.push(block);
    at = end;
  }
  return found;
}
