// What the page shows in place of a task.

import { byId, counted, element } from './dom.js';

/// Shows a heading and paragraphs (elements, or null for none) where the task would be.
export function showMessage(title, content) {
  byId('judging').hidden = true;
  byId('verdict-bar').hidden = true;
  const heading = element('h1', { tabindex: -1 }, title);
  byId('message').replaceChildren(heading, ...content.filter((each) => each !== null));
  byId('message').hidden = false;
  heading.focus();
}

const paragraph = (...content) => element('p', {}, ...content);

/// This browser is not known to the studio.
export function showStranger(waiting) {
  showMessage('This browser needs your link', [
    paragraph('Open the link that the host gave you in this browser. A link works in one browser; if yours was used in another, ask the host for a new one.'),
    waiting === 0 ? null
      : paragraph(`${counted(waiting, 'judgement')} not sent yet ${waiting === 1 ? 'is' : 'are'} kept in this browser and will be sent once you are back.`)]);
}

/// The studio cannot be reached before there is anything to show.
export function showUnreachable(failure) {
  showMessage('The studio does not answer', [
    paragraph('Is penchant label still running? This page tries again by itself.'),
    element('p', { class: 'remark' }, failure.message)]);
}

export function showSending() {
  showMessage('Sending what you judged', [paragraph('This browser keeps a judgement that the studio has not confirmed yet. It is being sent.')]);
}

export function showTrouble(failure) {
  showMessage('Something is wrong', [paragraph(failure.message), paragraph('Load this page again; if that does not help, tell the host.')]);
}

/// Nothing to judge, for a reason. `undo`: a button, or null.
export function showRest(reason, { progress: { done, skipped }, undo, isHost }) {
  const buttons = (...all) => element('p', { class: 'buttons' }, ...all);
  if (reason === 'done') {
    showMessage('All done. Thank you!', [
      done === 0 ? paragraph('There is nothing for you to judge.')
        : paragraph(`You judged ${counted(done, 'item')}${skipped > 0 ? ` and skipped ${skipped}` : ''}. Every judgement is saved.`),
      paragraph('You can close this page. If the host adds more, your link brings you back here.'),
      buttons(isHost ? element('a', { class: 'button primary', href: '/results' }, 'See the results') : null, undo)]);
  } else if (reason === 'waiting') {
    showMessage('Nothing to judge right now', [
      paragraph('Others hold what is left. If somebody stops or skips, it comes to you: this page looks every ten seconds.'),
      buttons(undo)]);
  } else {
    showMessage('The studio cannot save', [
      paragraph('The disk it writes to is full or cannot be written, so it hands out no work that would be lost. What you have sent is safe.'),
      paragraph('The host can make room; this page looks again every ten seconds.')]);
  }
}
