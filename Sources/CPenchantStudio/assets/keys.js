// Which key means what. The table is what the help page shows and what the page obeys.

import { element } from './dom.js';

/// Keys for two answers. Digits and arrows are physical keys, so that they work on every layout; letters are letters.
const PAIR = [
  { keys: ['1', '←'], action: 'left', means: 'Answer 1 is better' },
  { keys: ['2', '→'], action: 'right', means: 'Answer 2 is better' },
  { keys: ['Shift 1', 'Shift ←'], action: 'left_much', means: 'Answer 1 is much better' },
  { keys: ['Shift 2', 'Shift →'], action: 'right_much', means: 'Answer 2 is much better' },
  { keys: ['0', 't'], action: 'tie', means: 'Equally good' },
  { keys: ['b'], action: 'both_bad', means: 'Both are bad' },
];

const RANKING = [
  { keys: ['1 … 9'], action: 'place', means: 'This answer is the next best; again: take it out' },
  { keys: ['Shift 1 … 9'], action: 'join', means: 'This answer is as good as the last one placed' },
  { keys: ['↑', '↓'], action: 'move', means: 'Move the answer that has the focus in your order; one step makes a tie' },
  { keys: ['Enter'], action: 'confirm', means: 'Done: send this order' },
  { keys: ['b'], action: 'both_bad', means: 'All are bad' },
];

const ALWAYS = [
  { keys: ['s'], action: 'skip', means: 'Skip: leave this one to others' },
  { keys: ['u', 'Ctrl Z'], action: 'undo', means: 'Undo: bring the last judgement back' },
  { keys: ['c'], action: 'comment', means: 'Write a comment' },
  { keys: ['e'], action: 'edit', means: 'Edit an answer' },
  { keys: ['r'], action: 'raw', means: 'Rendered or raw text' },
  { keys: ['g'], action: 'guidelines', means: 'Guidelines' },
  { keys: ['?'], action: 'help', means: 'This list' },
];

const LETTERS = new Map(Object.entries({ t: 'tie', b: 'both_bad', s: 'skip', u: 'undo', c: 'comment', e: 'edit', r: 'raw', g: 'guidelines' }));

/// The table for people.
export function keyTable(isRanking) {
  const rows = [...(isRanking ? RANKING : PAIR), ...ALWAYS];
  return element('table', { class: 'keys' },
    element('thead', { class: 'unseen' }, element('tr', {}, element('th', { scope: 'col' }, 'Key'), element('th', { scope: 'col' }, 'What it does'))),
    element('tbody', {}, rows.map((row) => element('tr', {},
      element('td', {}, row.keys.map((name, index) => [index > 0 ? ' or ' : '', element('kbd', {}, name)])),
      element('td', {}, row.means)))));
}

function digit(event) {
  const found = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  if (found !== null) return Number(found[1]);
  // Some remote keyboards send no physical key.
  return event.code === '' && /^[0-9]$/.test(event.key) ? Number(event.key) : null;
}

/// What a key press asks for: `{ action, number? }`, or null where it is none of ours.
export function asked(event, isRanking) {
  if (event.isComposing || event.repeat) return null;
  const letter = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    return letter === 'z' && !event.shiftKey && !event.altKey ? { action: 'undo' } : null;
  }
  if (event.altKey) return null;
  if (event.key === '?') return { action: 'help' };
  const number = digit(event);
  if (number !== null) {
    if (isRanking) return number === 0 ? null : { action: event.shiftKey ? 'join' : 'place', number };
    if (number === 0) return { action: 'tie' };
    if (number > 2) return null;
    return { action: (number === 1 ? 'left' : 'right') + (event.shiftKey ? '_much' : '') };
  }
  if (!isRanking && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
    return { action: (event.key === 'ArrowLeft' ? 'left' : 'right') + (event.shiftKey ? '_much' : '') };
  }
  if (isRanking && event.key === 'Enter') return { action: 'confirm' };
  if (event.shiftKey || letter.length !== 1) return null;
  const action = LETTERS.get(letter);
  return action === undefined || (isRanking && action === 'tie') ? null : { action };
}

/// Whether the key belongs to what has the focus: text being written, a choice, something that scrolls sideways.
export function isTaken(event) {
  const target = event.target;
  if (!(target instanceof Element)) return false;
  if (target.closest('input, textarea, select, dialog, [contenteditable]') !== null) return true;
  if (event.key === 'Enter' || event.key === ' ') return target.closest('button, a, summary') !== null;
  return event.key.startsWith('Arrow') && target.closest('.scrolls') !== null;
}
