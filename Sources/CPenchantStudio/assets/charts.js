// Lying bars with their figures beside them, drawn like those of the reports.

import { drawn, element } from './dom.js';

const WIDTH = 420;
const ROW = 26;
const NAME = 136;
const LONGEST_NAME = 19;

function axisStep(most) {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough);
}

/// A figure. `bars`: `{ name, value, text, lower?, upper? }`; `most`: where the axis ends, the largest figure if left out.
export function barChart({ title, remark, bars, most = null }) {
  const end = Math.max(most ?? 0, ...bars.flatMap((bar) => [bar.value, bar.upper ?? 0]), most === null ? 1 : 0);
  const longest = Math.max(0, ...bars.map((bar) => bar.text.length));
  const right = 14 + 6.5 * longest;
  const across = (value) => NAME + (value / end) * (WIDTH - NAME - right);
  const height = bars.length * ROW + 6;
  const parts = [];
  const step = axisStep(end);
  for (let tick = 0; tick <= end * 1.0001; tick += step) {
    parts.push(drawn('line', { x1: across(tick), y1: 0, x2: across(tick), y2: height, class: 'axis' }));
  }
  bars.forEach((bar, index) => {
    const middle = (index + 0.5) * ROW;
    const name = bar.name.length > LONGEST_NAME ? `${bar.name.slice(0, LONGEST_NAME - 1)}…` : bar.name;
    parts.push(drawn('text', { x: NAME - 8, y: middle + 4, 'text-anchor': 'end', class: 'label' }, name));
    parts.push(drawn('rect', { x: across(0), y: middle - 7, width: Math.max(0, across(bar.value) - across(0)), height: 14, rx: 2, class: 'f0' }));
    const hasInterval = bar.lower !== undefined && bar.lower !== null;
    if (hasInterval) parts.push(drawn('line', { x1: across(Math.max(0, bar.lower)), y1: middle, x2: across(bar.upper), y2: middle, class: 'whisker' }));
    parts.push(drawn('text', { x: across(Math.max(bar.value, hasInterval ? bar.upper : 0)) + 5, y: middle + 4, class: 'label' }, bar.text));
  });
  const described = bars.length === 0 ? 'No figures.' : bars.map((bar) => `${bar.name}: ${bar.text}.`).join(' ');
  return element('figure', {},
    element('figcaption', {}, element('b', {}, title), element('span', { class: 'remark' }, remark)),
    drawn('svg', { viewBox: `0 0 ${WIDTH} ${height + 4}`, role: 'img', 'aria-label': `${title}. ${described}` }, parts));
}
