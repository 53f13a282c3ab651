// The prompt and the answers of a task, each answer shown in the same way.

import { byId, element } from './dom.js';
import { rendered } from './markdown-view.js';

const ROLES = new Map([['system', 'Instructions'], ['user', 'Question'], ['assistant', 'Earlier answer'], ['tool', 'Tool']]);

/// Beyond this a text is shown raw: so long an answer costs a phone seconds to lay out.
const LONGEST_RENDERED = 200000;

/// A text, rendered or as it is.
export function textView(text, isRaw, heading) {
  if (isRaw || text.length > LONGEST_RENDERED) return element('pre', { class: 'raw', dir: 'auto' }, text);
  return element('div', { class: 'prose' }, rendered(text, heading));
}

function promptView(messages, isRaw) {
  const alone = messages.length === 1 && messages[0].role === 'user';
  return messages.map((message) => element('div', { class: `turn ${message.role === 'assistant' ? 'turn-answer' : ''}` },
    alone ? null : element('h2', { class: 'turn-name' }, ROLES.get(message.role) ?? message.role),
    textView(message.content, isRaw, alone ? 2 : 3)));
}

/// Shows a task.
/// `edited`: `{ slot, text }` or null. `onEdit(slot)`: the button on an answer.
export function showTask(task, { isRaw, edited, onEdit }) {
  byId('prompt').replaceChildren(...promptView(task.prompt, isRaw));
  const answers = byId('answers');
  answers.classList.toggle('many', task.answers.length > 2);
  answers.classList.toggle('three', task.answers.length === 3);
  answers.replaceChildren(...task.answers.map((text, slot) => answerView(text, slot, { isRaw, edited, onEdit })));
  fitPrompt();
}

function answerView(text, slot, { isRaw, edited, onEdit }) {
  const isEdited = edited?.slot === slot;
  const name = `answer-${slot}`;
  return element('article', { class: 'answer', id: name, 'aria-labelledby': `${name}-title`, 'data-slot': slot },
    element('header', {},
      element('h2', { id: `${name}-title` }, `Answer ${slot + 1}`),
      isEdited ? element('span', { class: 'badge' }, 'your version') : null,
      element('span', { class: 'rank', id: `${name}-rank`, hidden: true }),
      element('button', { type: 'button', class: 'quiet', click: () => onEdit(slot), 'aria-label': `Edit answer ${slot + 1}` }, 'Edit')),
    textView(isEdited ? edited.text : text, isRaw, 3));
}

/// A long prompt is cut at a third of the window, with a button for the rest: the answers are what is judged.
function fitPrompt() {
  const prompt = byId('prompt');
  const button = byId('whole-prompt');
  prompt.classList.add('clamped');
  const isLong = prompt.scrollHeight > prompt.clientHeight + 40;
  prompt.classList.toggle('clamped', isLong);
  button.hidden = !isLong;
}

export function showWholePrompt() {
  byId('prompt').classList.remove('clamped');
  byId('whole-prompt').hidden = true;
}
