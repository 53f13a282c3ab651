// The state of delivery, in words in the bar: nothing is lost without a word, nothing saved without one.

import { byId, counted, warn } from './dom.js';

function reason(failure) {
  if (failure.status === 507) return 'The studio’s disk is full; it saves again once there is room';
  return failure.status === 0 ? 'The studio does not answer; trying again' : 'The studio is busy; trying again';
}

/// `waiting`: judgements not acknowledged; `failure`: why the last try failed, or null; `lasts`: whether this browser keeps
/// them when the page is closed.
export function showDelivery({ waiting, failure }, lasts) {
  let state = waiting > 0 ? 'sending' : 'saved';
  let text = waiting > 0 ? 'Sending …' : 'All saved';
  if (failure !== null) {
    state = 'waiting';
    text = `${reason(failure)}.`;
    if (waiting > 0) text += ` ${counted(waiting, 'judgement')} kept in this ${lasts ? 'browser' : 'tab: do not close it'}.`;
  }
  byId('retry').hidden = failure === null;
  const line = byId('sync');
  if (line.dataset.state === state && byId('sync-text').textContent === text) return;
  line.dataset.state = state;
  byId('sync-text').textContent = text;
  if (state === 'waiting') warn(text);
}
