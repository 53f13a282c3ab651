// The order of more than two answers as it is being made: by number keys, by arrow keys, by clicks, by dragging.

import { byId, counted, element, key } from './dom.js';
import { Order } from './order.js';

const DRAG_FROM = 6;

const ordinal = (rank) => ['1st', '2nd', '3rd'][rank - 1] ?? `${rank}th`;

export class Board {
  /// `changed(order)`: after every change; `confirm()`: the button for done; `say(text)`: what a reader should hear.
  constructor({ changed, confirm, say }) {
    this.place = byId('board');
    this.changed = changed;
    this.confirm = confirm;
    this.say = say;
    this.order = new Order(0);
    this.past = [];
    this.place.addEventListener('keydown', (event) => this.arrow(event));
  }

  start(count, tiers) {
    this.order = new Order(count, tiers);
    // After a reload the steps are not known any more; one step back begins anew.
    this.past = tiers.length > 0 ? [[]] : [];
  }

  /// Changes the order; `focus` is the answer whose chip keeps the focus.
  edit(change, focus = null) {
    const before = JSON.stringify(this.order.tiers);
    change(this.order);
    const after = JSON.stringify(this.order.tiers);
    if (before === after) return;
    this.past.push(JSON.parse(before));
    this.show(focus);
    this.changed(this.order);
    this.say(this.spoken());
  }

  /// Takes the last step back; false where there is none.
  stepBack() {
    const tiers = this.past.pop();
    if (tiers === undefined) return false;
    this.order = new Order(this.order.count, tiers);
    this.show();
    this.changed(this.order);
    this.say(this.spoken());
    return true;
  }

  spoken() {
    const tiers = this.order.tiers.map((tier, index) => `${ordinal(index + 1)}: ${tier.map((slot) => `answer ${slot + 1}`).join(' and ')}`);
    const left = this.order.unplaced.length;
    return [...tiers, left > 0 ? `${counted(left, 'answer')} to place` : 'All placed: Enter sends it'].join('. ');
  }

  show(focus = null) {
    const { tiers, unplaced } = this.order;
    const gap = (index) => element('li', { class: 'gap-tier', 'data-gap': index, 'aria-hidden': index > 0 && index < tiers.length ? null : 'true' },
      index > 0 && index < tiers.length
        ? element('button', { type: 'button', class: 'tie', title: 'Make these equal', 'aria-label': `Make rank ${index} and ${index + 1} equal`, click: () => this.edit((order) => order.merge(index - 1)) }, '›')
        : null);
    const row = tiers.flatMap((tier, index) => [gap(index), element('li', { class: 'tier', 'data-tier': index },
      element('span', { class: 'tier-name' }, ordinal(index + 1)),
      tier.map((slot, place) => [place > 0 ? element('span', { class: 'equals', 'aria-hidden': 'true' }, '=') : null, this.chip(slot, index, tier.length)]))]);
    this.place.replaceChildren(
      element('ol', { class: 'tiers', 'aria-label': 'Your order, best first' }, row, gap(tiers.length)),
      element('div', { class: 'tray', 'data-tray': '' },
        unplaced.length === 0 ? null : element('span', { class: 'tier-name' }, tiers.length === 0 ? 'Best first' : 'Next best'),
        unplaced.map((slot) => this.chip(slot, -1, 1)),
        element('button', { type: 'button', id: 'confirm', class: 'primary', disabled: !this.order.isComplete, click: () => this.confirm() }, 'Send this order ', key('Enter'))));
    for (let slot = 0; slot < this.order.count; slot++) this.badge(slot);
    if (focus !== null) byId(`chip-${focus}`)?.focus();
  }

  badge(slot) {
    const badge = byId(`answer-${slot}-rank`);
    if (badge === null) return;
    const tier = this.order.tierOf(slot);
    badge.hidden = tier < 0;
    badge.textContent = tier < 0 ? '' : ordinal(tier + 1);
  }

  chip(slot, tier, companions) {
    const placed = tier >= 0;
    const state = placed
      ? `rank ${tier + 1}${companions > 1 ? ', tied' : ''}. Arrow keys move it, Enter takes it out`
      : 'not placed. Enter makes it the next best';
    const chip = element('button', {
      type: 'button', class: 'chip', id: `chip-${slot}`, 'data-slot': slot, 'aria-label': `Answer ${slot + 1}: ${state}`,
      click: () => {
        if (chip.dataset.dragged === undefined) this.edit((order) => order.place(slot), slot);
        delete chip.dataset.dragged;
      },
      pointerdown: (event) => this.grab(event, chip, slot),
    }, 'Answer ', element('b', {}, String(slot + 1)));
    return chip;
  }

  arrow(event) {
    const slot = event.target.closest?.('.chip')?.dataset.slot;
    const direction = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    if (slot === undefined || direction === undefined) return;
    event.preventDefault();
    this.edit((order) => order.move(Number(slot), direction), Number(slot));
  }

  grab(event, chip, slot) {
    if (event.button !== 0) return;
    const from = { x: event.clientX, y: event.clientY };
    let isDragging = false;
    let target = null;
    const over = (x, y) => document.elementsFromPoint(x, y).find((node) => node !== chip && !chip.contains(node)
      && (node.dataset?.gap !== undefined || node.dataset?.tier !== undefined || node.dataset?.tray !== undefined)) ?? null;
    const move = (moved) => {
      const [dx, dy] = [moved.clientX - from.x, moved.clientY - from.y];
      if (!isDragging && Math.hypot(dx, dy) < DRAG_FROM) return;
      if (!isDragging) {
        isDragging = true;
        chip.setPointerCapture(event.pointerId);
        chip.classList.add('dragged');
        this.place.classList.add('receiving');
      }
      chip.style.transform = `translate(${dx}px, ${dy}px)`;
      const next = over(moved.clientX, moved.clientY);
      if (next === target) return;
      target?.classList.remove('target');
      next?.classList.add('target');
      target = next;
    };
    const end = (released) => {
      for (const [name, listener] of [['pointermove', move], ['pointerup', end], ['pointercancel', end]]) {
        chip.removeEventListener(name, listener);
      }
      this.place.classList.remove('receiving');
      chip.classList.remove('dragged');
      chip.style.transform = '';
      target?.classList.remove('target');
      if (!isDragging) return;
      // The click that follows a drag is none. It comes before any timer.
      chip.dataset.dragged = '';
      setTimeout(() => delete chip.dataset.dragged, 0);
      if (released.type === 'pointercancel' || target === null) return;
      if (target.dataset.tier !== undefined) this.edit((order) => order.putInto(slot, Number(target.dataset.tier)), slot);
      else if (target.dataset.gap !== undefined) this.edit((order) => order.putBefore(slot, Number(target.dataset.gap)), slot);
      else this.edit((order) => order.take(slot), slot);
    };
    for (const [name, listener] of [['pointermove', move], ['pointerup', end], ['pointercancel', end]]) {
      chip.addEventListener(name, listener);
    }
  }
}
