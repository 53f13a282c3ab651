// Elements are made by name and filled with text: no markup is ever parsed, so no text of a user can become any.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/// An element. A function among the attributes listens to the event of that name; strings among the children are text.
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/// An element of a drawing.
export function drawn(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/// The element of this id, which the page is known to have.
export function byId(id) {
  return document.getElementById(id);
}

/// A key's name as it is printed beside what it does.
export function key(name) {
  return element('kbd', { 'aria-hidden': 'true' }, name);
}

/// `1 answer`, `3 answers`.
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/// Says something to those who hear the page, when they have a moment.
export function say(text) {
  byId('said').textContent = text;
}

/// Says something at once.
export function warn(text) {
  byId('warned').textContent = text;
}

/// A line above `before` that stays until it is dismissed.
export function notice(text, before) {
  dismissNotice();
  const box = element('p', { class: 'notice' }, element('span', {}, text),
    element('button', { type: 'button', class: 'quiet', click: dismissNotice }, 'Dismiss'));
  before.before(box);
  warn(text);
}

export function dismissNotice() {
  document.querySelector('.notice')?.remove();
}
