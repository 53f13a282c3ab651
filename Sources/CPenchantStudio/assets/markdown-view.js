// Markdown's tree → elements. Text becomes text nodes; nothing else of an answer reaches the page but the address of a
// link, and that only where a person could have typed it without harm.

import { blocks } from './markdown-blocks.js';
import { element } from './dom.js';

const SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/// The address as a link may use it, or null where it is only shown.
export function clickable(address) {
  // What a browser would skip while it reads a scheme must not hide one.
  if (/[\u0000-\u0020\u007f-\u009f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/.test(address)) return null;
  if (!/^(?:https?:\/\/|mailto:)/i.test(address)) return null;
  try {
    const read = new URL(address);
    return SCHEMES.has(read.protocol) && read.username === '' && read.password === '' ? read.href : null;
  } catch {
    return null;
  }
}

/// A text as elements. `heading`: the level its largest heading takes in the page's outline.
export function rendered(text, heading) {
  const found = blocks(text);
  const base = levels(found).reduce((least, level) => Math.min(least, level), 6);
  return found.map((block) => blockView(block, heading, base));
}

function levels(found) {
  return found.flatMap((block) => {
    if (block.type === 'heading') return [block.level];
    if (block.type === 'quote') return levels(block.children);
    if (block.type === 'list') return block.items.flatMap((item) => levels(item.children));
    return [];
  });
}

function blockView(block, heading, base) {
  const inner = (children) => children.map((child) => blockView(child, heading, base));
  switch (block.type) {
    case 'paragraph': return element('p', { dir: 'auto' }, inlineViews(block.children));
    case 'heading': return element(`h${Math.min(heading + block.level - base, 6)}`, { dir: 'auto', class: `size-${block.level}` }, inlineViews(block.children));
    case 'rule': return element('hr');
    case 'quote': return element('blockquote', {}, inner(block.children));
    case 'code': return codeView(block);
    case 'table': return tableView(block);
    default: return listView(block, inner);
  }
}

function codeView(block) {
  return element('pre', { tabindex: 0, role: 'region', 'aria-label': 'Code', class: 'scrolls' }, element('code', {}, block.text));
}

function listView(list, inner) {
  const attributes = list.isOrdered && list.start !== 1 ? { start: list.start } : {};
  return element(list.isOrdered ? 'ol' : 'ul', attributes, list.items.map((item) => {
    const task = item.task === null ? null : element('span', { class: 'task' }, item.task ? '☑ ' : '☐ ');
    const [first, ...rest] = item.children;
    if (first?.type === 'paragraph' && !list.isLoose) {
      return element('li', { dir: 'auto' }, task, inlineViews(first.children), inner(rest));
    }
    return element('li', { dir: 'auto' }, task, inner(item.children));
  }));
}

function tableView(table) {
  const cell = (tag, children, column) => {
    const side = table.alignments[column];
    const scope = tag === 'th' ? 'col' : null;
    return element(tag, { dir: 'auto', scope, class: side === null ? null : `to-${side}` }, inlineViews(children));
  };
  return element('div', { class: 'scrolls table', tabindex: 0, role: 'region', 'aria-label': 'Table' },
    element('table', {},
      element('thead', {}, element('tr', {}, table.head.map((children, column) => cell('th', children, column)))),
      element('tbody', {}, table.rows.map((row) => element('tr', {}, row.map((children, column) => cell('td', children, column)))))));
}

function inlineViews(nodes) {
  return nodes.map((node) => {
    switch (node.type) {
      case 'text': return node.text;
      case 'break': return element('br');
      case 'code': return element('code', {}, node.text);
      case 'emphasis': return element('em', {}, inlineViews(node.children));
      case 'strong': return element('strong', {}, inlineViews(node.children));
      case 'strike': return element('s', {}, inlineViews(node.children));
      case 'link': return linkView(node);
      default: return imageView(node);
    }
  });
}

function plainText(nodes) {
  return nodes.map((node) => node.text ?? (node.children ? plainText(node.children) : ' ')).join('');
}

/// Text and, where they differ, the address: what a click would open is always in sight.
function linkView(node) {
  const safe = clickable(node.address);
  const shown = inlineViews(node.children);
  const label = safe === null ? shown
    : element('a', { href: safe, rel: 'noopener noreferrer', target: '_blank' }, shown.length === 0 ? node.address : shown);
  const isItself = plainText(node.children) === node.address;
  return [label, isItself ? null : element('span', { class: 'address' }, ` (${node.address})`)];
}

/// An image is never fetched: whoever wrote the answer would learn that it is being read.
function imageView(node) {
  return element('span', { class: 'image' },
    element('span', { class: 'image-mark' }, 'image'), node.text === '' ? '' : ` ${node.text}`,
    element('span', { class: 'address' }, ` (${node.address})`));
}
