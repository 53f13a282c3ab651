// What a person writes before judging: a comment, an edited answer, an order half made. Kept in this tab by task, so that
// a reload loses nothing.

import { byId, element } from './dom.js';

/// Bytes of UTF-8 that the studio takes.
const LONGEST_EDIT = 200000;

/// `versions`: what stands in the dialog, by slot; `edited`: the one version that goes with the judgement.
const EMPTY = { comment: '', edited: null, versions: {}, tiers: [] };

export class Draft {
  /// `edited()`: an edit was taken or dropped, the answers must be shown anew.
  constructor(keep, { edited, back }) {
    this.keep = keep;
    this.edited = edited;
    this.back = back;
    this.task = null;
    this.value = { ...EMPTY };
    const comment = byId('comment');
    comment.addEventListener('input', () => this.set({ comment: comment.value }));
    comment.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' || (event.key === 'Enter' && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        this.closeComment();
      }
    });
    byId('close-comment').addEventListener('click', () => this.closeComment());
    byId('open-comment').addEventListener('click', () => (byId('comment-panel').hidden ? this.openComment() : this.closeComment()));
    byId('open-edit').addEventListener('click', () => this.openEdit(null));
    const text = byId('edit-text');
    text.addEventListener('input', () => {
      this.set({ versions: { ...this.value.versions, [this.slot]: text.value } });
      this.measure();
    });
    const dialog = byId('edit-dialog');
    dialog.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        byId('edit-dialog').querySelector('form').requestSubmit(byId('use-edit'));
      }
    });
    dialog.addEventListener('close', () => this.closeEdit(dialog.returnValue));
  }

  /// Takes up a task: what was written about it in this tab, else what `before` says.
  start(task, before = null) {
    if (this.task !== null && this.task.task_id !== task.task_id) this.keep.remove('draft');
    this.task = task;
    const kept = this.keep.get('draft');
    this.value = kept?.task === task.task_id ? kept.value : { ...EMPTY, ...before };
    if (before !== null) this.set({});
    byId('comment').value = this.value.comment;
    byId('comment-panel').hidden = true;
    this.label();
  }

  set(change) {
    this.value = { ...this.value, ...change };
    this.keep.set('draft', { task: this.task.task_id, value: this.value });
    this.label();
  }

  clear() {
    this.keep.remove('draft');
  }

  label() {
    const hasComment = this.value.comment.trim() !== '';
    byId('comment-label').textContent = hasComment ? 'Comment ✓' : 'Comment';
    byId('edit-label').textContent = this.value.edited === null ? 'Edit' : 'Edited ✓';
    byId('open-comment').setAttribute('aria-expanded', String(!byId('comment-panel').hidden));
  }

  openComment() {
    byId('comment-panel').hidden = false;
    byId('comment').focus();
    this.label();
  }

  closeComment() {
    const hadFocus = byId('comment-panel').contains(document.activeElement);
    byId('comment-panel').hidden = true;
    this.label();
    if (hadFocus) this.back();
  }

  /// Opens the dialog on an answer: the one asked for, the one edited before, else the first.
  openEdit(slot) {
    const dialog = byId('edit-dialog');
    if (dialog.open) return;
    this.slot = slot ?? this.value.edited?.slot ?? 0;
    byId('edit-choice').replaceChildren(element('legend', {}, 'Which answer'), ...this.task.answers.map((_, index) => {
      const radio = element('input', { type: 'radio', name: 'edit-slot', value: index, checked: index === this.slot, change: () => this.choose(index) });
      return element('label', { class: 'check' }, radio, ` Answer ${index + 1}`);
    }));
    this.choose(this.slot);
    dialog.returnValue = '';
    dialog.showModal();
    byId('edit-text').focus();
  }

  choose(slot) {
    this.slot = slot;
    byId('edit-text').value = this.value.versions[slot] ?? this.task.answers[slot];
    this.measure();
  }

  measure() {
    const text = byId('edit-text');
    const bytes = new TextEncoder().encode(text.value).length;
    text.setCustomValidity(bytes > LONGEST_EDIT ? `The studio keeps at most ${LONGEST_EDIT.toLocaleString('en')} bytes; this is ${bytes.toLocaleString('en')}.` : '');
  }

  closeEdit(choice) {
    const text = byId('edit-text').value;
    if (choice === 'use') {
      const isChanged = text.trim() !== '' && text !== this.task.answers[this.slot];
      this.set({ edited: isChanged ? { slot: this.slot, text } : null });
      this.edited();
    } else if (choice === 'drop') {
      this.set({ edited: null, versions: {} });
      this.edited();
    }
    this.back();
  }
}
