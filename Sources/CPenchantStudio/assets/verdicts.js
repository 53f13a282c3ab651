// What can be said of two answers, as buttons and in words.

import { byId, element, key } from './dom.js';

const SCALE = [
  { verdict: 'left_much', side: '1', weak: 'much better', keys: '⇧ 1', means: 'Answer 1 much better' },
  { verdict: 'left', side: '1', weak: 'better', keys: '1', means: 'Answer 1 better' },
  { verdict: 'tie', side: null, weak: 'equally good', keys: '0', means: 'Equally good' },
  { verdict: 'right', side: '2', weak: 'better', keys: '2', means: 'Answer 2 better' },
  { verdict: 'right_much', side: '2', weak: 'much better', keys: '⇧ 2', means: 'Answer 2 much better' },
];

const OTHERS = { both_bad: 'Both bad', skip: 'Skipped', ranked: 'Order sent' };

/// A verdict in words.
export function meaning(verdict) {
  return SCALE.find((each) => each.verdict === verdict)?.means ?? OTHERS[verdict] ?? 'Judged';
}

/// Makes the five buttons; `choose(verdict)` hears of a press.
export function makeVerdicts(choose) {
  byId('verdicts').replaceChildren(...SCALE.map((each) => element('button', {
    type: 'button', class: 'choice', id: `verdict-${each.verdict}`, 'data-verdict': each.verdict, 'aria-label': each.means,
    click: () => choose(each.verdict),
  },
  element('span', { class: 'strong' }, each.side === null ? 'Tie' : [element('span', { class: 'wide' }, 'Answer '), each.side]),
  element('span', { class: 'weak' }, each.weak), key(each.keys))));
}

/// Marks what was chosen the last time, and switches the buttons on or off.
export function markVerdicts({ before, isBusy }) {
  for (const button of byId('verdicts').children) {
    if (before !== undefined) button.classList.toggle('before', button.dataset.verdict === before);
    if (!isBusy) button.classList.remove('chosen');
    button.disabled = isBusy;
  }
}
