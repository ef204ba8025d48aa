// The second device: checks an opened ballot, and looks for a cast one.

import { summary } from './contests.js';
import { BallottaError, type FoundBallot, type LightFoundBallot, type LightPromisedBallot } from 'ballotta/worker';
import { Page, element, explain, field, inParts, run, save, whole, written } from './page.js';
import type { Words } from './words.js';

const typing = { autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', maxlength: '200', class: 'code' };

function start(page: Page): void {
  page.step(() => [find(page), opening(page)]);
}

/** The errors that only the first device can cause. Typing slips are not among them. */
const CHEATS = ['other-tracker', 'other-voter', 'ballot-mismatch', 'bad-opening', 'other-election'];

/** The controls for the tracker and the voter number. They are always typed: a value from elsewhere would prove nothing. */
class Asked {
  readonly tracker = element('textarea', { name: 'tracker', required: true, rows: '2', ...typing });
  readonly voterNumber = element('input', { name: 'voterNumber', required: true, ...typing });
  /** The fields, each with a place for a typing slip. */
  readonly fields: readonly HTMLElement[];

  /** `form` makes the names of the two forms differ; `clear` is called when something is typed. */
  constructor(form: string, private readonly words: Words, clear: () => void) {
    this.fields = ([[this.tracker, words.tracker, words.trackerHint], [this.voterNumber, words.voterNumber, words.voterNumberHint]] as const).map(
      ([control, label, hint]) => {
        const made = field(label, control, hint);
        const id = `${form}-${control.name}`;
        made.querySelector('.hint')!.id = `${id}-hint`;
        made.append(element('p', { id: `${id}-slip`, class: 'problem slip', role: 'alert' }));
        control.setAttribute('aria-describedby', `${id}-hint ${id}-slip`);
        control.addEventListener('input', () => {
          this.say(control, '');
          clear();
        });
        return made;
      },
    );
  }

  /** Shows beside its field what was typed wrongly. Any other error is thrown again. */
  slip(error: unknown): void {
    if (!(error instanceof BallottaError) || !['typing-slip', 'secret-code'].includes(error.code)) throw error;
    const [field, group] = error.field.split('/');
    const control = field === 'voterNumber' ? this.voterNumber : this.tracker;
    const what = field === 'voterNumber' ? this.words.voterNumber : this.words.tracker;
    this.say(control, error.code === 'secret-code' ? this.words.secretCode : this.words.slip(what, group));
    control.focus();
  }

  private say(control: HTMLInputElement | HTMLTextAreaElement, text: string): void {
    control.setAttribute('aria-invalid', String(text !== ''));
    control.closest('.field')!.querySelector('.slip')!.textContent = text;
  }
}

function opening(page: Page): HTMLElement {
  const { words } = page;
  const file = element('input', { type: 'file', name: 'opening', required: true });
  const answer = element('div', { id: 'opened', role: 'status', 'aria-live': 'polite' });
  const asked = new Asked('opening', words, () => clear(answer));
  const form = element(
    'form', { id: 'check-opening' },
    element('h2', {}, words.checkOpening),
    element('p', {}, words.checkOpeningText),
    ...asked.fields,
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
        const { voterNumber, style, weight, choices } = await election.checkOpening(bytes, asked.tracker.value, asked.voterNumber.value);
        const contests = election.contests(page.language, style);
        answer.className = 'good';
        answer.append(
          element('h3', {}, words.holds),
          summary(contests, choices, words),
          element('p', { id: 'held' }, words.control.held(style, String(weight), election.weightUnit(page.language))),
          element('p', {}, words.voterNumber, ' ', element('strong', { class: 'written', translate: 'no' }, written(voterNumber))),
          element('p', {}, words.holdsText),
        );
      } catch (error) {
        if (error instanceof BallottaError && CHEATS.includes(error.code)) {
          answer.className = 'problem';
          const title = error.code === 'other-voter' ? words.states.of_another_voter : words.doNotVote;
          answer.append(element('h3', { id: 'refused', 'data-code': error.code }, title), element('p', {}, explain(error, words)));
        } else {
          asked.slip(error);
        }
      }
      page.say('');
    });
  });
  return form;
}

/** A receipt is not longer than this. */
const MAX_RECEIPT = 4096;

function find(page: Page): HTMLElement {
  const { words } = page;
  const answer = element('div', { id: 'found', role: 'status', 'aria-live': 'polite' });
  const asked = new Asked('find', words, () => clear(answer));
  const receipt = element('input', { type: 'file', name: 'receipt' });
  receipt.addEventListener('change', () => clear(answer));
  const form = element(
    'form', { id: 'find' },
    element('h2', {}, words.find),
    element('p', {}, words.findText),
    ...asked.fields,
    field(words.receipt, receipt, words.receiptHint),
    element('button', {}, words.look),
    answer,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void page.busy(async () => {
      // An earlier answer is removed, so that it is not shown during the search or next to an error.
      clear(answer);
      const [tracker, voterNumber] = [asked.tracker.value, asked.voterNumber.value];
      const kept = await receipt.files?.[0]?.slice(0, MAX_RECEIPT).text();
      await page.refresh();
      try {
        const { election } = page;
        const found = kept === undefined ? await election.findBallot(tracker, voterNumber) : await election.checkReceipt(kept, tracker, voterNumber);
        answer.append(...state(page, tracker, found, election.board.entries));
        answer.className = holds(found) ? 'good' : 'problem';
        if (ASK_WHY.includes(found.state)) answer.append(why(page, answer, tracker, voterNumber));
      } catch (error) {
        asked.slip(error);
      }
      page.say('');
    });
  });
  return form;
}

/** The states of which the whole board says more. */
const ASK_WHY: readonly string[] = ['another_counts', 'none_counts', 'another_is_last', 'later_is_last', 'not_shown', 'not_counted', 'revoked', 'revocation_on_board'];

/** Reads the whole board, because the voter asks why a ballot does not count. */
function why(page: Page, answer: HTMLElement, tracker: string, voterNumber: string): HTMLElement {
  const { words } = page;
  const button = element('button', { type: 'button', id: 'whole', class: 'plain' }, words.why);
  button.addEventListener('click', () => {
    void page.busy(async () => {
      // Only this election is accepted.
      const election = await (await whole(page.configuration))(page.election.fingerprint);
      try {
        const found = await election.findBallot(tracker, voterNumber);
        clear(answer);
        answer.append(...state(page, tracker, found, election.board.entries));
        // What the small parts have shown was a problem. If the whole board shows none, the two contradict each other.
        answer.className = 'problem';
      } finally {
        await election.free();
      }
      page.say('');
    });
  });
  return element('div', {}, element('p', {}, words.whyText), button);
}

function clear(answer: HTMLElement): void {
  answer.className = '';
  answer.replaceChildren();
}

type Found = FoundBallot | LightFoundBallot | LightPromisedBallot;

/** Whether a ballot counts and, after the close, enough witnesses saw the board on which it counts; or is on the board. */
function holds({ state, witnesses }: Found): boolean {
  return ['counted', 'on_board'].includes(state) && (witnesses === null || witnesses.enough);
}

/** Shows the state of a ballot, with the tracker that was typed, on a board of so many entries. */
function state(page: Page, tracker: string, found: Found, entries: number): Node[] {
  const { words } = page;
  const { witnesses } = found;
  const title = found.state === 'counted' && !holds(found) ? words.notWitnessed : words.states[found.state];
  const shown: Node[] = [
    element('h3', { id: 'state', 'data-state': found.state }, title),
    element('p', {}, element('code', { class: 'written', translate: 'no' }, written(tracker.trim().toUpperCase())), ' ', words.seen(entries)),
  ];
  if ('byWritten' in found) shown.push(element('p', {}, found.state === 'superseded' ? words.laterOne : words.otherOne, ' ', element('code', { class: 'written', translate: 'no' }, written(found.byWritten))));
  if ('reason' in found) shown.push(element('p', {}, found.reason));
  if ('evidence' in found) {
    const { evidence } = found;
    const name = `${words.evidenceFile}.evidence`;
    shown.push(element('p', {}, words.evidenceText), element('button', { type: 'button', id: 'evidence', click: () => save(name, evidence) }, words.saveEvidence));
    return shown;
  }
  // Neither the close nor witnesses change these answers.
  if (found.state === 'of_another_voter') return [...shown, element('p', {}, words.otherVoter)];
  if (found.state === 'number_revoked') return [...shown, element('p', {}, words.numberRevoked)];
  if (found.state === 'code_replaced') return [...shown, element('p', {}, words.codeReplaced)];
  if (found.state === 'not_yet') return [...shown, element('p', {}, words.notYet(found.entry))];
  if (found.state === 'on_board') shown.push(element('p', {}, words.notConfirmed));
  if (witnesses === null) shown.push(element('p', {}, words.notClosed));
  else if (witnesses.quorum > 0) shown.push(element('p', {}, words.witnesses(witnesses.cosigned, witnesses.quorum)));
  return shown;
}

// At the end of the file: what is defined after an `await` does not exist before it has ended.
await run(async () => start(await Page.open(inParts, (words) => words.check)));
