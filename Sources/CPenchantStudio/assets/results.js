// The host's page: what was judged, how well people agree, who is how far, links and export.

import { call, Failure } from './api.js';
import { barChart } from './charts.js';
import { byId, counted, element, notice, say, warn } from './dom.js';

const VERDICTS = {
  left_much: '1 much better', left: '1 better', tie: 'Tie', right: '2 better', right_much: '2 much better',
  ranked: 'Order of several', both_bad: 'Both bad', skip: 'Skipped',
};
const LIVELY = 20000;

// An interval of the share that lies between these is even enough for a side to decide nothing.
const EVEN = { lower: 0.4, upper: 0.6 };

const percent = (share) => `${(100 * share).toLocaleString('en', { maximumFractionDigits: 1 })} %`;
const twoPlaces = (value) => value.toFixed(2).replace('-', '−');
// Of few items there is a value and no interval.
const between = (interval, spelled) => (interval.lower === null ? 'no interval yet' : `${spelled(interval.lower)} to ${spelled(interval.upper)}`);
const none = () => element('span', { class: 'muted' }, '–');

/// Wilson's 95 % interval of a share.
function wilson(count, total) {
  const z = 1.959964;
  const middle = (count + z * z / 2) / (total + z * z);
  const half = z / (total + z * z) * Math.sqrt(count * (total - count) / total + z * z / 4);
  return { lower: middle - half, upper: middle + half };
}

/// What the figures allow to say about the sides: few judgements are neither even nor uneven.
function evenness({ left, right, p }) {
  if (p < 0.05) return `uneven: p = ${p.toPrecision(2)}`;
  const interval = wilson(left, left + right);
  if (interval.lower >= EVEN.lower && interval.upper <= EVEN.upper) return 'even, as it should be';
  return `95 %: ${between(interval, percent)}; too few to say`;
}

function seconds(value) {
  return value < 100 ? `${value.toLocaleString('en', { maximumFractionDigits: 1 })} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

function ago(moment) {
  const passed = Date.now() / 1000 - moment;
  if (passed < 60) return 'just now';
  if (passed < 3600) return `${Math.floor(passed / 60)} min ago`;
  return passed < 86400 ? `${Math.floor(passed / 3600)} h ago` : `${counted(Math.floor(passed / 86400), 'day')} ago`;
}

class Page {
  constructor() {
    this.links = new Map();
    this.results = null;
    this.session = null;
    byId('refresh').addEventListener('click', () => this.refresh());
    byId('add').addEventListener('submit', (event) => {
      event.preventDefault();
      this.issue(byId('name').value.trim());
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.results !== null) this.refresh();
    });
    setInterval(() => {
      if (document.visibilityState === 'visible' && this.results !== null) this.refresh(true);
    }, LIVELY);
  }

  async refresh(isQuiet = false) {
    try {
      this.results = await call('GET', '/api/results');
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      if (!isQuiet || failure.isStranger) this.refused(failure);
      return;
    }
    byId('message').hidden = true;
    byId('page').hidden = false;
    this.show();
    if (!isQuiet) say('The figures are up to date.');
  }

  refused(failure) {
    const [title, text] = failure.isStranger
      ? ['This browser needs the host’s link', 'Open the link that penchant label printed when it started.']
      : failure.status === 403
        ? ['For the host alone', 'These figures would tell who judged how, so those who judge do not see them.']
        : ['The studio does not answer', 'Is penchant label still running? Press Refresh to try again.'];
    byId('page').hidden = true;
    byId('message').hidden = false;
    byId('message').replaceChildren(element('h1', {}, title), element('p', {}, text),
      failure.status === 403 ? element('p', { class: 'buttons' }, element('a', { class: 'button primary', href: '/' }, 'Judge')) : '');
    warn(`${title}. ${text}`);
  }

  show() {
    const { results } = this;
    byId('subtitle').textContent = `${counted(results.judgements, 'judgement')} of ${counted(results.items, 'item')} by ${counted(results.annotators.filter((person) => person.judged > 0).length, 'person', 'people')}`;
    byId('verdict').replaceChildren(this.callout());
    byId('tiles').replaceChildren(...this.tiles());
    byId('charts').replaceChildren(...this.charts());
    byId('people').replaceChildren(this.table());
    byId('people-help').textContent = 'Agreement: share of other people’s judgements of the same items that agree. Side: how often answer 1 and answer 2 won; '
      + 'p says how likely so uneven a split is without a preference for a side (exact, after Holm’s correction). Too fast: judged sooner than the texts can be read.';
    this.showLinks();
    byId('exports').replaceChildren(...results.exports.map((each) => this.rule(each)));
  }

  /// What the agreement means, in a sentence and a piece of advice.
  callout() {
    const { alpha, items } = this.results.agreement;
    const tone = (name, word, title, advice) => element('div', { class: `callout verdict ${name}` },
      element('p', { class: 'callout-title' }, element('span', { class: 'tone' }, word), title), element('p', {}, advice));
    if (alpha === null || alpha.lower === null) {
      return tone('note', 'so far', items === 0 ? 'Nobody has judged the same item as somebody else yet.' : 'Too few items were judged twice to say how well people agree.',
        'Agreement needs items that several people judge. Start the studio with a higher overlap, or invite one more annotator.');
    }
    const measured = `Krippendorff’s α ${twoPlaces(alpha.value)} (95 %: ${between(alpha, twoPlaces)}) on ${counted(items, 'item')} judged by several people.`;
    if (alpha.value >= 0.8) return tone('good', 'agreement', 'People agree well.', `${measured} What they prefer can be learnt from single judgements.`);
    if (alpha.value >= 0.4) return tone('note', 'agreement', 'People agree in part.', `${measured} Usable for tuning; look at comments and at ties, and say more in the guidelines.`);
    return tone('warning', 'agreement', 'People hardly agree.', `${measured} Tuning on this teaches noise: sharpen the guidelines, or export by the unanimous or soft rule.`);
  }

  tiles() {
    const { agreement, ceiling, sides, judgements, annotators } = this.results;
    const tile = (name, value, detail) => element('div', {}, element('dt', {}, name), element('dd', {}, value), element('dd', { class: 'detail' }, detail));
    const comments = annotators.reduce((sum, person) => sum + person.comments, 0);
    return [
      tile('judgements', judgements.toLocaleString('en'), counted(comments, 'comment')),
      agreement.percent === null ? tile('same verdict', '–', 'no item judged twice')
        : tile('same verdict', percent(agreement.percent.value), `${between(agreement.percent, percent)}; ${counted(agreement.items, 'item')}`),
      agreement.alpha === null ? tile('agreement α', '–', 'beyond chance')
        : tile('agreement α', twoPlaces(agreement.alpha.value), `${between(agreement.alpha, twoPlaces)}${agreement.gwet_ac1 === null ? '' : `; AC1 ${twoPlaces(agreement.gwet_ac1)}`}`),
      ceiling === null ? tile('ceiling', '–', 'needs more items judged twice') : tile('ceiling', percent(ceiling), 'held-out accuracy cannot pass this'),
      sides === null ? tile('answer 1 won', '–', 'no preference yet')
        : tile('answer 1 won', percent(sides.left / Math.max(1, sides.left + sides.right)), evenness(sides)),
    ];
  }

  charts() {
    const { verdicts, annotators } = this.results;
    const given = verdicts.filter((each) => each.count > 0 || each.verdict !== 'ranked');
    const total = given.reduce((sum, each) => sum + each.count, 0);
    const agreeing = annotators.filter((person) => person.agreement !== null);
    return [
      barChart({ title: 'Verdicts', remark: 'all that stand; answer 1 and 2 as they were displayed',
        bars: given.map((each) => ({ name: VERDICTS[each.verdict] ?? each.verdict, value: each.count, text: total === 0 ? '0' : `${each.count} · ${Math.round(100 * each.count / total)} %` })) }),
      barChart({ title: 'Who is how far', remark: 'items judged, of those each can judge',
        bars: annotators.map((person) => ({ name: person.name, value: person.total === 0 ? 0 : person.done / person.total, text: `${person.done} of ${person.total}` })), most: 1 }),
      agreeing.length === 0 ? null : barChart({ title: 'Agreement with the others', remark: 'share of judgements of the same items, with 95 % intervals',
        bars: agreeing.map((person) => ({ name: person.name, value: person.agreement.value, lower: person.agreement.lower, upper: person.agreement.upper, text: percent(person.agreement.value) })), most: 1 }),
    ].filter((each) => each !== null);
  }

  table() {
    const number = (content) => element('td', { class: 'number' }, content ?? none());
    const below = (content, isFlag = false) => [element('br'), element('span', { class: isFlag ? 'flag' : 'muted' }, content)];
    const head = ['Name', 'Judged', 'Agreement', 'Side 1 : 2', 'Median time', 'Same again', 'Gold', 'Comments', 'Last'];
    const rows = this.results.annotators.map((person) => {
      const { agreement, side_bias: sides, median_seconds: median, fast_share: fast, self_consistency: again, gold } = person;
      return element('tr', {},
        element('th', { scope: 'row', class: 'person' }, person.name, person.role === 'host' ? element('span', { class: 'muted' }, ' (host)') : null),
        number([person.judged.toLocaleString('en'), person.skipped === 0 ? null : below(`${person.skipped} skipped`)]),
        number(agreement === null ? null : [percent(agreement.value), below(between(agreement, percent))]),
        number(sides === null ? null : [`${sides.left} : ${sides.right}`, below(`p ${sides.p < 0.001 ? '< 0.001' : `= ${sides.p.toPrecision(2)}`}`, sides.p < 0.05)]),
        number(median === null ? null : [seconds(median), fast === null ? null : below(`${percent(fast)} too fast`, fast > 0.2)]),
        number(again === null ? null : `${again.right} of ${again.count}`),
        number(gold === null ? null : element('span', { class: gold.right < 0.7 * gold.count ? 'flag' : null }, `${gold.right} of ${gold.count}`)),
        number(person.comments.toLocaleString('en')),
        number(person.last_at === null ? null : ago(person.last_at)));
    });
    return element('table', {},
      element('thead', {}, element('tr', {}, head.map((name, index) => element('th', { scope: 'col', class: index === 0 ? null : 'number' }, name)))),
      element('tbody', {}, rows));
  }

  /// Links are shown when they are made and at no other time: the store keeps digests only.
  showLinks() {
    // A list that is being used keeps its place; new names alone bring a new one.
    const focused = byId('links').contains(document.activeElement) ? document.activeElement.id : null;
    byId('links').replaceChildren(...this.results.annotators.filter((person) => person.role !== 'host').map((person, index) => {
      const link = this.links.get(person.name);
      const state = link === undefined ? element('span', { class: 'muted remark' }, person.link_active ? 'A link waits to be opened.' : 'The link was opened.')
        : element('input', { type: 'text', id: `link-${index}`, readonly: true, value: link, 'aria-label': `Link for ${person.name}`, focus: (event) => event.target.select() });
      return element('li', {}, element('span', { class: 'person' }, person.name), state,
        element('span', { class: 'buttons' },
          link === undefined ? null : element('button', { type: 'button', id: `copy-${index}`, 'aria-label': `Copy the link for ${person.name}`, click: () => this.copy(link, byId(`link-${index}`)) }, 'Copy'),
          element('button', { type: 'button', id: `renew-${index}`, class: 'quiet', 'aria-label': `New link for ${person.name}`, click: () => this.issue(person.name) }, 'New link')));
    }));
    byId('links').hidden = byId('links').children.length === 0;
    if (focused !== null) byId(focused)?.focus({ preventScroll: true });
  }

  async issue(name) {
    if (name === '') return;
    try {
      const { link } = await call('POST', '/api/annotators', { name });
      this.links.set(name, link);
      byId('name').value = '';
      await this.refresh(true);
      say(`A link for ${name} is ready to be copied.`);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      notice(`No link was made: ${failure.message}`, byId('add'));
    }
  }

  /// The clipboard is there on loopback and encrypted pages only; elsewhere the selected link is copied the old way.
  async copy(link, field) {
    try {
      await navigator.clipboard.writeText(link);
      say('The link is copied.');
    } catch {
      field.focus();
      field.select();
      say(document.execCommand('copy') ? 'The link is copied.' : 'The link is selected: copy it with Ctrl C.');
    }
  }

  rule({ rule, pairs, dropped, explanation }) {
    const sentence = `${explanation[0].toUpperCase()}${explanation.slice(1)}.`;
    return element('article', {},
      element('h3', {}, rule[0].toUpperCase() + rule.slice(1)),
      element('p', {}, sentence),
      element('p', { class: 'muted remark' }, `${counted(pairs, 'pair')}; ${counted(dropped, 'item')} left out.`),
      pairs === 0 ? null : element('a', { class: 'button', href: `/api/export?rule=${encodeURIComponent(rule)}`, download: `pairs-${rule}.jsonl` }, `Download ${rule} pairs`));
  }
}

new Page().refresh();
