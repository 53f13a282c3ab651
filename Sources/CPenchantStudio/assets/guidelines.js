// The guidelines: beside the task on a wide window, over it on a narrow one; opened by themselves where they are new.

import { byId } from './dom.js';
import { rendered } from './markdown-view.js';

const NARROW = window.matchMedia('(max-width: 60rem)');

export class Guidelines {
  constructor(keep) {
    this.keep = keep;
    this.panel = byId('guidelines');
    this.button = byId('open-guidelines');
    this.hash = null;
    this.button.addEventListener('click', () => this.toggle());
    byId('close-guidelines').addEventListener('click', () => this.close());
    byId('guidelines-done').addEventListener('click', () => this.close());
    this.panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    NARROW.addEventListener('change', () => this.cover());
  }

  /// Shows the text of the session; opens where this browser has not seen it.
  load({ text, hash }) {
    this.hash = hash;
    if (text.trim() === '') return;
    byId('guidelines-text').replaceChildren(...rendered(text, 3));
    this.button.hidden = false;
    const seen = this.keep.get('guidelines-seen');
    byId('guidelines-news').hidden = seen === null || seen === hash;
    const isNew = seen !== hash;
    byId('guidelines-done').hidden = !isNew;
    if (isNew || (this.keep.get('guidelines-open', false) && !NARROW.matches)) this.open(isNew);
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /// Whether the panel hides the task, so that no key may judge it.
  get covers() {
    return this.isOpen && NARROW.matches;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open(true);
  }

  open(takesFocus) {
    this.panel.hidden = false;
    this.button.setAttribute('aria-expanded', 'true');
    document.body.classList.add('with-guidelines');
    this.keep.set('guidelines-open', true);
    this.cover();
    if (takesFocus) byId('guidelines-title').focus();
  }

  close() {
    const hadFocus = this.panel.contains(document.activeElement);
    this.panel.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
    document.body.classList.remove('with-guidelines');
    this.keep.set('guidelines-open', false);
    this.keep.set('guidelines-seen', this.hash);
    byId('guidelines-news').hidden = true;
    byId('guidelines-done').hidden = true;
    this.cover();
    if (hadFocus) byId('question').focus({ preventScroll: true });
  }

  /// What lies under the panel cannot be reached while it covers the window.
  cover() {
    for (const each of document.querySelectorAll('.skip-link, .bar, #task, #verdict-bar')) each.inert = this.covers;
    if (this.covers) {
      this.panel.setAttribute('role', 'dialog');
      this.panel.setAttribute('aria-modal', 'true');
    } else {
      this.panel.removeAttribute('role');
      this.panel.removeAttribute('aria-modal');
    }
  }
}
