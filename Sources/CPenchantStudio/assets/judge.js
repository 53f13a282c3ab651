// The page on which people judge: asks for a task, shows it, sends what was judged, asks for the next.

import { call, Failure, randomId } from './api.js';
import { Board } from './board.js';
import { byId, counted, element, key } from './dom.js';
import { Draft } from './draft.js';
import { Guidelines } from './guidelines.js';
import { asked, isTaken, keyTable } from './keys.js';
import { Keep } from './keep.js';
import { Outbox } from './outbox.js';
import { Stopwatch } from './stopwatch.js';
import { showTask, showWholePrompt } from './task-view.js';

/// A judgement within this time of a task's appearance was meant for the one before.
const TOO_SOON = 250;
const WAIT_FOR_OTHERS = 10000;
const UNDO_STEPS = 50;

const VERDICTS = [
  { verdict: 'left_much', side: '1', weak: 'much better', keys: '⇧ 1', means: 'Answer 1 much better' },
  { verdict: 'left', side: '1', weak: 'better', keys: '1', means: 'Answer 1 better' },
  { verdict: 'tie', side: null, weak: 'equally good', keys: '0', means: 'Equally good' },
  { verdict: 'right', side: '2', weak: 'better', keys: '2', means: 'Answer 2 better' },
  { verdict: 'right_much', side: '2', weak: 'much better', keys: '⇧ 2', means: 'Answer 2 much better' },
];
const MEANINGS = { both_bad: 'Both bad', skip: 'Skipped', ranked: 'Order sent', ...Object.fromEntries(VERDICTS.map((each) => [each.verdict, each.means])) };

const say = (text) => { byId('said').textContent = text; };
const warn = (text) => { byId('warned').textContent = text; };

class Page {
  constructor(session) {
    this.session = session;
    const owner = `${session.studio ?? 'studio'}.${session.annotator}`;
    this.tab = new Keep('sessionStorage', owner);
    this.browser = new Keep('localStorage', owner);
    this.preferences = new Keep('localStorage', 'preferences');
    this.outbox = new Outbox(this.browser, (state) => this.showDelivery(state));
    this.stopwatch = new Stopwatch(this.tab);
    this.guidelines = new Guidelines(this.browser);
    this.draft = new Draft(this.tab, { edited: () => this.show(), back: () => byId('question').focus({ preventScroll: true }) });
    this.board = new Board({
      changed: (order) => this.draft.set({ tiers: order.tiers }),
      confirm: () => this.judge('ranked'),
      say,
    });
    this.task = null;
    this.shownAt = 0;
    this.isBusy = false;
    this.isRaw = this.preferences.get('raw', false);
    this.timer = null;
    this.listen();
    this.showProgress(session.progress);
    this.guidelines.load(session.guidelines);
    byId('to-results').hidden = session.role !== 'host';
  }

  get isRanking() {
    return this.task !== null && this.task.answers.length > 2;
  }

  listen() {
    byId('verdicts').replaceChildren(...VERDICTS.map((each) => element('button', {
      type: 'button', class: 'choice', id: `verdict-${each.verdict}`, 'data-verdict': each.verdict, 'aria-label': each.means,
      click: () => this.judge(each.verdict),
    }, element('span', { class: 'strong' }, each.side === null ? 'Tie' : [element('span', { class: 'wide' }, 'Answer '), each.side]), element('span', { class: 'weak' }, each.weak), key(each.keys))));
    byId('both-bad').addEventListener('click', () => this.judge('both_bad'));
    byId('skip-task').addEventListener('click', () => this.judge('skip'));
    byId('undo').addEventListener('click', () => this.undo());
    byId('raw').addEventListener('click', () => this.turnRaw());
    byId('open-help').addEventListener('click', () => this.help());
    byId('retry').addEventListener('click', () => this.outbox.retryNow());
    byId('whole-prompt').addEventListener('click', () => showWholePrompt());
    byId('raw').setAttribute('aria-pressed', String(this.isRaw));
    const singleKeys = byId('single-keys');
    singleKeys.checked = this.preferences.get('single-keys', true);
    const useKeys = () => document.body.classList.toggle('without-keys', !singleKeys.checked);
    singleKeys.addEventListener('change', () => {
      this.preferences.set('single-keys', singleKeys.checked);
      useKeys();
    });
    useKeys();
    document.addEventListener('keydown', (event) => this.press(event));
  }

  press(event) {
    if (isTaken(event) || byId('edit-dialog').open || byId('help-dialog').open) return;
    const wish = asked(event, this.isRanking);
    if (wish === null || (!byId('single-keys').checked && !event.ctrlKey && !event.metaKey)) return;
    if (this.guidelines.covers && wish.action !== 'guidelines') return;
    const act = this.action(wish);
    if (act === null) return;
    event.preventDefault();
    act();
  }

  action({ action, number }) {
    switch (action) {
      case 'help': return () => this.help();
      case 'guidelines': return byId('open-guidelines').hidden ? null : () => this.guidelines.toggle();
      case 'undo': return () => this.undo();
      case 'raw': return () => this.turnRaw();
      default:
    }
    if (this.task === null || byId('judging').hidden) return null;
    switch (action) {
      case 'comment': return () => this.draft.openComment();
      case 'edit': return () => this.draft.openEdit(null);
      case 'place': return number > this.task.answers.length ? null : () => this.board.edit((order) => order.place(number - 1));
      case 'join': return number > this.task.answers.length ? null : () => this.board.edit((order) => order.join(number - 1));
      case 'confirm': return () => this.judge('ranked');
      default: return () => this.judge(action);
    }
  }

  /// Sends what an earlier visit left behind, then works through the tasks.
  async start() {
    if (this.outbox.entries.length > 0) {
      this.pageMessage('Sending what you judged', [element('p', {}, 'This browser keeps a judgement that the studio has not confirmed yet. It is being sent.')]);
      if (!await this.deliver()) return;
    }
    await this.next();
  }

  async next() {
    clearTimeout(this.timer);
    for (;;) {
      try {
        const answer = await call('POST', '/api/next', {});
        this.showDelivery({ waiting: 0, failure: null });
        if (answer.progress !== undefined) this.showProgress(answer.progress);
        if (answer.task === null) this.rest(answer.reason);
        else this.take(answer.task);
        return;
      } catch (failure) {
        if (this.refusal(failure)) return;
        this.showDelivery({ waiting: 0, failure });
        await this.outbox.pause(2000);
      }
    }
  }

  /// Shows a task; `before` is the judgement of it that was taken back.
  take(task, before = null) {
    this.task = task;
    this.isBusy = false;
    this.draft.start(task, before?.draft);
    byId('message').hidden = true;
    byId('judging').hidden = false;
    byId('verdict-bar').hidden = false;
    byId('question').textContent = this.isRanking ? 'Put the answers in order, best first' : 'Which answer is better?';
    byId('both-bad-label').textContent = this.isRanking ? 'All bad' : 'Both bad';
    byId('verdicts').hidden = this.isRanking;
    byId('board').hidden = !this.isRanking;
    for (const button of byId('verdicts').children) button.classList.toggle('before', button.dataset.verdict === before?.verdict);
    this.show();
    this.enable();
    this.shownAt = performance.now();
    this.stopwatch.start(task.task_id);
    window.scrollTo(0, 0);
    if (!this.guidelines.covers && !byId('guidelines').contains(document.activeElement)) byId('question').focus({ preventScroll: true });
    document.body.dataset.task = task.task_id;
  }

  show() {
    if (this.task === null) return;
    showTask(this.task, { isRaw: this.isRaw, edited: this.draft.value.edited, onEdit: (slot) => this.draft.openEdit(slot) });
    if (this.isRanking) this.board.start(this.task.answers.length, this.draft.value.tiers);
  }

  turnRaw() {
    this.isRaw = !this.isRaw;
    this.preferences.set('raw', this.isRaw);
    byId('raw').setAttribute('aria-pressed', String(this.isRaw));
    this.show();
    say(this.isRaw ? 'Raw text' : 'Rendered');
  }

  help() {
    byId('help-keys').replaceChildren(keyTable(this.isRanking));
    byId('help-dialog').showModal();
  }

  get history() {
    return this.tab.get('history', []);
  }

  async judge(verdict) {
    if (this.task === null || this.isBusy || byId('judging').hidden) return;
    if (performance.now() - this.shownAt < TOO_SOON) return;
    const isRanked = verdict === 'ranked';
    if (isRanked !== (this.isRanking && verdict !== 'both_bad' && verdict !== 'skip')) return;
    if (isRanked && !this.board.order.isComplete) {
      warn(this.board.spoken());
      return;
    }
    this.isBusy = true;
    document.querySelector('.notice')?.remove();
    const { comment, edited } = this.draft.value;
    const body = {
      client_uuid: randomId(),
      task_id: this.task.task_id,
      verdict,
      ranking: isRanked ? this.board.order.tiers : null,
      ms_visible: this.stopwatch.milliseconds,
      comment: comment.trim() === '' ? null : comment,
      edited,
    };
    const remembered = { id: body.client_uuid, verdict, draft: { ...this.draft.value } };
    byId(`verdict-${verdict}`)?.classList.add('chosen');
    this.enable();
    this.tab.set('history', [...this.history, remembered].slice(-UNDO_STEPS));
    this.outbox.add('/api/judgements', body);
    if (await this.deliver()) await this.next();
  }

  async undo() {
    if (this.isBusy) return;
    if (this.isRanking && !byId('judging').hidden && this.board.stepBack()) return;
    const last = this.history[this.history.length - 1];
    if (last === undefined) {
      say('There is nothing to undo in this tab.');
      return;
    }
    this.isBusy = true;
    this.enable();
    clearTimeout(this.timer);
    try {
      const answer = await call('POST', '/api/undo', { client_uuid: randomId(), judgement: last.id });
      this.tab.set('history', this.history.slice(0, -1));
      if (answer.progress !== undefined) this.showProgress(answer.progress);
      this.showDelivery({ waiting: 0, failure: null });
      if (answer.task) {
        this.take(answer.task, last);
        say(`Taken back: ${MEANINGS[last.verdict] ?? last.verdict}. Judge it again.`);
      } else {
        await this.next();
      }
    } catch (failure) {
      this.isBusy = false;
      this.enable();
      if (this.refusal(failure)) return;
      if (failure instanceof Failure && !failure.isPassing) {
        this.tab.set('history', this.history.slice(0, -1));
        this.enable();
        warn(`It cannot be undone: ${failure.message}`);
        this.notice(`It cannot be undone: ${failure.message}`);
      } else {
        this.notice('The studio does not answer, so nothing was undone. Try again in a moment.');
      }
    }
  }

  /// Sends what waits. True where the page goes on.
  async deliver() {
    let isWrong = null;
    try {
      await this.outbox.deliver((entry, answer, failure) => {
        // Another tab's judgement may be among those that wait; what is being written here is not its draft.
        if (entry.body.task_id === this.task?.task_id) {
          this.tab.remove('seen');
          this.draft.clear();
        }
        if (failure === null) {
          if (answer.progress !== undefined) this.showProgress(answer.progress);
          say(`${MEANINGS[entry.body.verdict] ?? 'Saved'}. Saved.`);
        } else {
          isWrong = failure;
          this.tab.set('history', this.history.filter((each) => each.id !== entry.body.client_uuid));
        }
      });
    } catch (failure) {
      if (this.refusal(failure)) return false;
      throw failure;
    }
    if (isWrong !== null) this.notice(`A judgement was not accepted: ${isWrong.message}`);
    return true;
  }

  enable() {
    byId('undo').disabled = this.isBusy || this.history.length === 0;
    for (const button of [...byId('verdicts').children, byId('both-bad'), byId('skip-task')]) button.disabled = this.isBusy;
    if (!this.isBusy) for (const button of byId('verdicts').children) button.classList.remove('chosen');
    document.body.classList.toggle('busy', this.isBusy);
  }

  showProgress({ done, total, skipped }) {
    const bar = byId('progress');
    bar.max = Math.max(total, 1);
    bar.value = Math.min(done + skipped, bar.max);
    byId('progress-text').textContent = `${done.toLocaleString('en')} of ${total.toLocaleString('en')}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    this.progress = { done, total, skipped };
  }

  /// The state of delivery, in words in the bar: nothing is lost without a word, nothing saved without one.
  showDelivery({ waiting, failure }) {
    const line = byId('sync');
    const kept = this.browser.lasts ? 'kept in this browser' : 'kept in this tab: do not close it';
    const what = waiting > 0 ? `${counted(waiting, 'judgement')} ${kept}` : '';
    let text = waiting > 0 ? 'Sending …' : 'All saved';
    let state = waiting > 0 ? 'sending' : 'saved';
    if (failure !== null) {
      state = 'waiting';
      const reason = failure.code === 'read_only' || failure.status === 507
        ? 'The studio’s disk is full; it saves again once there is room'
        : failure.status === 0 ? 'The studio does not answer; trying again' : 'The studio is busy; trying again';
      text = what === '' ? `${reason}.` : `${reason}. ${what}.`;
    }
    byId('retry').hidden = failure === null;
    if (line.dataset.state === state && byId('sync-text').textContent === text) return;
    line.dataset.state = state;
    byId('sync-text').textContent = text;
    if (state === 'waiting') warn(text);
  }

  /// Ends the work where this browser may not go on. True if so.
  refusal(failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.isPassing) return false;
    if (failure.isStranger) stranger(this.outbox.entries.length);
    else this.pageMessage('Something is wrong', [element('p', {}, failure.message), element('p', {}, 'Load this page again; if that does not help, tell the host.')]);
    return true;
  }

  notice(text) {
    const box = element('p', { class: 'notice' }, element('span', {}, text),
      element('button', { type: 'button', class: 'quiet', click: () => box.remove() }, 'Dismiss'));
    document.querySelector('.notice')?.remove();
    byId('task').prepend(box);
    warn(text);
  }

  pageMessage(title, content) {
    this.task = null;
    this.isBusy = false;
    delete document.body.dataset.task;
    showMessage(title, content);
    this.enable();
  }

  /// Nothing to judge, for a reason.
  rest(reason) {
    const undo = this.history.length === 0 ? null
      : element('button', { type: 'button', click: () => this.undo() }, 'Undo the last judgement ', key('u'));
    const results = this.session.role === 'host' ? element('a', { class: 'button primary', href: '/results' }, 'See the results') : null;
    if (reason === 'done') {
      const { done, skipped } = this.progress;
      this.pageMessage('All done. Thank you!', [
        element('p', {}, done > 0 ? `You judged ${counted(done, 'item')}${skipped > 0 ? ` and skipped ${skipped}` : ''}. Every judgement is saved.`
          : 'There is nothing for you to judge.'),
        element('p', {}, 'You can close this page. If the host adds more, your link brings you back here.'),
        element('p', { class: 'buttons' }, results, undo)]);
      document.body.dataset.rest = 'done';
      return;
    }
    if (reason === 'waiting') {
      this.pageMessage('Nothing to judge right now', [
        element('p', {}, 'Others hold what is left. If somebody stops or skips, it comes to you: this page looks every ten seconds.'),
        element('p', { class: 'buttons' }, undo)]);
    } else {
      this.pageMessage('The studio cannot save', [
        element('p', {}, 'The disk it writes to is full or cannot be written, so it hands out no work that would be lost. What you have sent is safe.'),
        element('p', {}, 'The host can make room; this page looks again every ten seconds.')]);
    }
    document.body.dataset.rest = reason;
    this.timer = setTimeout(() => this.next(), WAIT_FOR_OTHERS);
  }
}

function showMessage(title, content) {
  byId('judging').hidden = true;
  byId('verdict-bar').hidden = true;
  const heading = element('h1', { tabindex: -1 }, title);
  byId('message').replaceChildren(heading, ...content);
  byId('message').hidden = false;
  heading.focus();
}

function stranger(waiting) {
  showMessage('This browser needs your link', [
    element('p', {}, 'Open the link that the host gave you in this browser. A link works in one browser; if yours was used in another, ask the host for a new one.'),
    waiting === 0 ? null : element('p', {}, `${counted(waiting, 'judgement')} not sent yet ${waiting === 1 ? 'is' : 'are'} kept in this browser and will be sent once you are back.`)]
    .filter((each) => each !== null));
}

async function open() {
  for (let tries = 0; ; tries++) {
    try {
      const session = await call('GET', '/api/session');
      await new Page(session).start();
      return;
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      if (failure.isStranger) {
        stranger(0);
        return;
      }
      showMessage('The studio does not answer', [
        element('p', {}, 'Is penchant label still running? This page tries again by itself.'),
        element('p', { class: 'remark' }, failure.message)]);
      await new Promise((resolve) => setTimeout(resolve, Math.min(1000 * 2 ** tries, 15000)));
    }
  }
}

open();
