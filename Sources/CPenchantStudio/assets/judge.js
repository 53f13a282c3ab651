// The page on which people judge: asks for a task, shows it, sends what was judged, asks for the next.

import { call, Failure, randomId } from './api.js';
import { Board } from './board.js';
import { showDelivery } from './delivery.js';
import { byId, dismissNotice, element, key, notice, say, warn } from './dom.js';
import { Draft } from './draft.js';
import { Guidelines } from './guidelines.js';
import { asked, isTaken, keyTable } from './keys.js';
import { Keep } from './keep.js';
import { Outbox } from './outbox.js';
import { showRest, showSending, showStranger, showTrouble, showUnreachable } from './screens.js';
import { Stopwatch } from './stopwatch.js';
import { showTask, showWholePrompt } from './task-view.js';
import { makeVerdicts, markVerdicts, meaning } from './verdicts.js';

/// A judgement within this time of a task's appearance was meant for the one before.
const TOO_SOON = 250;
const WAIT_FOR_OTHERS = 10000;
const UNDO_STEPS = 50;

class Page {
  constructor(session) {
    this.session = session;
    const owner = `${session.studio ?? 'studio'}.${session.annotator}`;
    this.tab = new Keep('sessionStorage', owner);
    this.browser = new Keep('localStorage', owner);
    this.preferences = new Keep('localStorage', 'preferences');
    this.outbox = new Outbox(this.browser, (state) => showDelivery(state, this.browser.lasts));
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
    makeVerdicts((verdict) => this.judge(verdict));
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
    // What gets the focus comes to stand above the bar, however high that is.
    new ResizeObserver(([bar]) => {
      document.documentElement.style.scrollPaddingBottom = `${Math.ceil(bar.target.offsetHeight) + 16}px`;
    }).observe(byId('verdict-bar'));
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
      this.leaveTask(showSending);
      if (!await this.deliver()) return;
    }
    await this.next();
  }

  async next() {
    clearTimeout(this.timer);
    for (;;) {
      try {
        const answer = await call('POST', '/api/next', {});
        showDelivery({ waiting: 0, failure: null }, this.browser.lasts);
        if (answer.progress !== undefined) this.showProgress(answer.progress);
        if (answer.task === null) this.rest(answer.reason);
        else this.take(answer.task);
        return;
      } catch (failure) {
        if (this.refusal(failure)) return;
        showDelivery({ waiting: 0, failure }, this.browser.lasts);
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
    markVerdicts({ before: before?.verdict ?? null, isBusy: false });
    if (this.isRanking) this.board.start(task.answers.length, this.draft.value.tiers);
    this.show();
    this.enable();
    this.shownAt = performance.now();
    this.stopwatch.start(task.task_id);
    window.scrollTo(0, 0);
    if (!this.guidelines.covers && !byId('guidelines').contains(document.activeElement)) byId('question').focus({ preventScroll: true });
    document.body.dataset.task = task.task_id;
    delete document.body.dataset.rest;
  }

  show() {
    if (this.task === null) return;
    showTask(this.task, { isRaw: this.isRaw, edited: this.draft.value.edited, onEdit: (slot) => this.draft.openEdit(slot) });
    if (this.isRanking) this.board.show();
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
    dismissNotice();
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
      showDelivery({ waiting: 0, failure: null }, this.browser.lasts);
      if (answer.task) {
        this.take(answer.task, last);
        say(`Taken back: ${meaning(last.verdict)}. Judge it again.`);
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
          say(`${meaning(entry.body.verdict)}. Saved.`);
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
    for (const id of ['both-bad', 'skip-task']) byId(id).disabled = this.isBusy;
    markVerdicts({ isBusy: this.isBusy });
    document.body.classList.toggle('busy', this.isBusy);
  }

  showProgress({ done, total, skipped }) {
    const bar = byId('progress');
    bar.max = Math.max(total, 1);
    bar.value = Math.min(done + skipped, bar.max);
    byId('progress-text').textContent = `${done.toLocaleString('en')} of ${total.toLocaleString('en')}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    this.progress = { done, total, skipped };
  }

  /// Ends the work where this browser may not go on. True if so.
  refusal(failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.isPassing) return false;
    this.leaveTask(() => (failure.isStranger ? showStranger(this.outbox.entries.length) : showTrouble(failure)));
    return true;
  }

  notice(text) {
    notice(text, byId('judging'));
  }

  /// Shows something in place of a task.
  leaveTask(show) {
    this.task = null;
    this.isBusy = false;
    delete document.body.dataset.task;
    show();
    this.enable();
  }

  /// Nothing to judge, for a reason.
  rest(reason) {
    const undo = this.history.length === 0 ? null
      : element('button', { type: 'button', click: () => this.undo() }, 'Undo the last judgement ', key('u'));
    this.leaveTask(() => showRest(reason, { progress: this.progress, undo, isHost: this.session.role === 'host' }));
    document.body.dataset.rest = reason;
    if (reason !== 'done') this.timer = setTimeout(() => this.next(), WAIT_FOR_OTHERS);
  }
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
        showStranger(0);
        return;
      }
      showUnreachable(failure);
      await new Promise((resolve) => setTimeout(resolve, Math.min(1000 * 2 ** tries, 15000)));
    }
  }
}

open();
