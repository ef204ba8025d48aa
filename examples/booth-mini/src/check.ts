// The second device: checks an opened ballot, and looks for a cast one.

import { summary } from './contests.js';
import { BallottaError, type FoundBallot } from 'ballotta/worker';
import { Page, element, explain, field, grouped, run } from './page.js';

await run(async () => start(await Page.open((words) => words.check)));

function start(page: Page): void {
  page.step(() => [find(page), opening(page)]);
}

/** The errors that only the first device can cause. All others may be typing mistakes. */
const CHEATS = ['other-tracker', 'ballot-mismatch', 'bad-opening', 'other-election'];

/** Normalises a tracker as people type it. */
function typed(input: HTMLTextAreaElement): string {
  return input.value.replace(/\s/g, '').toLowerCase();
}

function opening(page: Page): HTMLElement {
  const { words } = page;
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
      clear(answer);
      const { election } = page;
      const text = (await file.files?.[0]?.text()) ?? '';
      const bytes = await election.fromText('ballot-opening', text).catch((error: unknown) => {
        throw error instanceof BallottaError && error.code === 'bad-text' ? new Error(words.noOpening) : error;
      });
      try {
        const { credential, style, weight, choices } = await election.checkOpening(bytes, typed(tracker));
        const contests = election.contests(page.language, style);
        answer.className = 'good';
        answer.append(
          element('h3', {}, words.holds),
          summary(contests, choices, words),
          element('p', { id: 'held' }, words.control.held(style, String(weight), election.weightUnit(page.language))),
          element('p', {}, words.credential, ' ', element('strong', { id: 'credential', translate: 'no' }, credential)),
          element('p', {}, words.holdsText),
        );
      } catch (error) {
        if (!(error instanceof BallottaError) || !CHEATS.includes(error.code)) throw error;
        answer.className = 'problem';
        answer.append(element('h3', {}, words.doNotVote), element('p', {}, explain(error, words)));
      }
      page.say('');
    });
  });
  return form;
}

function find(page: Page): HTMLElement {
  const { words } = page;
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
  tracker.addEventListener('input', () => clear(answer));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void page.busy(async () => {
      // An earlier answer is removed, so that it is not shown during the search or next to an error.
      clear(answer);
      const hash = typed(tracker);
      await page.refresh();
      const found = await page.election.findBallot(hash);
      answer.append(...state(page, hash, found));
      answer.className = holds(found) ? 'good' : 'problem';
      page.say('');
    });
  });
  return form;
}

function clear(answer: HTMLElement): void {
  answer.className = '';
  answer.replaceChildren();
}

/** Whether a ballot counts and, after the close, enough witnesses saw the board on which it counts. */
function holds({ state, witnesses }: FoundBallot): boolean {
  return state === 'counted' && (witnesses === null || witnesses.enough);
}

/** Shows the state of a ballot, with its tracker. */
function state(page: Page, hash: string, found: FoundBallot): Node[] {
  const { words, election } = page;
  const { witnesses } = found;
  const title = found.state === 'counted' && !holds(found) ? words.notWitnessed : words.states[found.state];
  const shown: Node[] = [
    element('h3', { id: 'state', 'data-state': found.state }, title),
    element('p', {}, element('code', { translate: 'no' }, grouped(hash)), ' ', words.seen(election.board.entries)),
  ];
  if (found.credential !== null) {
    shown.push(element('p', {}, words.ofCredential, ' ', element('strong', { id: 'cast-by', translate: 'no' }, found.credential)));
  }
  if (found.state === 'superseded') shown.push(element('p', { translate: 'no' }, grouped(found.by)));
  if (found.state === 'void') shown.push(element('p', {}, found.reason));
  if (witnesses === null) shown.push(element('p', {}, words.notClosed));
  else if (witnesses.quorum > 0) shown.push(element('p', {}, words.witnesses(witnesses.cosigned, witnesses.quorum)));
  return shown;
}
