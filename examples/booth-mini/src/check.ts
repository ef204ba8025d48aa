// The second device: checks an opened ballot, and looks for a cast one.

import { summary } from './contests.js';
import { read } from './handover.js';
import { Page, element, explain, field, grouped, run } from './page.js';

await run(async () => start(await Page.open((words) => words.check)));

function start(page: Page): void {
  page.step(() => [opening(page), find(page)]);
}

/** A tracker as people type it. */
function typed(input: HTMLTextAreaElement): string {
  return input.value.replace(/\s/g, '').toLowerCase();
}

function opening(page: Page): HTMLElement {
  const { election, words } = page;
  const tracker = element('textarea', { name: 'tracker', required: true, rows: '2', autocomplete: 'off', spellcheck: 'false', class: 'code' });
  const file = element('input', { type: 'file', name: 'opening', required: true });
  const answer = element('div', { id: 'opened', role: 'status', 'aria-live': 'polite' });
  const form = element(
    'form', { id: 'check-opening' },
    element('h2', {}, words.checkOpening),
    element('p', {}, words.checkOpeningText),
    field(words.tracker, tracker),
    field(words.openingFile, file),
    element('button', {}, words.check),
    answer,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void page.busy(async () => {
      answer.replaceChildren();
      const bytes = read('ballot-opening', (await file.files?.[0]?.text()) ?? '');
      try {
        if (bytes === null) throw new Error(words.noOpening);
        const { credential, style, weight, choices } = await election.checkOpening(bytes, typed(tracker));
        const contests = election.contests(page.language, style);
        answer.className = 'good';
        answer.append(
          element('h3', {}, words.holds),
          summary(contests, choices, words),
          element('p', { id: 'held' }, words.control.held(style, String(weight), election.weightUnit(page.language))),
          element('p', {}, words.credential, ' ', element('strong', { id: 'credential' }, credential)),
          element('p', {}, words.holdsText),
        );
      } catch (error) {
        answer.className = 'problem';
        answer.append(element('h3', {}, words.doNotVote), element('p', {}, explain(error, words)));
      }
      page.say('');
    });
  });
  return form;
}

function find(page: Page): HTMLElement {
  const { election, words } = page;
  const tracker = element('textarea', { name: 'tracker', required: true, rows: '2', autocomplete: 'off', spellcheck: 'false', class: 'code' });
  const answer = element('div', { id: 'found', role: 'status', 'aria-live': 'polite' });
  const form = element(
    'form', { id: 'find' },
    element('h2', {}, words.find),
    element('p', {}, words.findText),
    field(words.tracker, tracker),
    element('button', {}, words.look),
    answer,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void page.busy(async () => {
      const found = await election.findBallot(typed(tracker));
      answer.className = found.state === 'counted' ? 'good' : 'problem';
      answer.replaceChildren(element('h3', { id: 'state', 'data-state': found.state }, words.states[found.state]));
      if (found.state === 'superseded') answer.append(element('p', {}, grouped(found.by)));
      if (found.state === 'void') answer.append(element('p', {}, found.reason));
      const { witnesses } = found;
      answer.append(element('p', {}, witnesses === null ? words.notClosed : words.witnesses(witnesses.cosigned, witnesses.quorum)));
      page.say('');
    });
  });
  return form;
}
