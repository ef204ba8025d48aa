// The booth: code, choose, review, prepare, then cast or open.

import { type Choices, type WorkerCredential, type WorkerPreparedBallot } from 'ballotta/worker';
import { choices as chosen, complaint, fieldset, summary } from './contests.js';
import { send } from './handover.js';
import { Page, element, field, here, inParts, run, save, written } from './page.js';

/** What is shown of a ballot. */
type Shown = Pick<WorkerPreparedBallot, 'tracker' | 'writtenTracker'>;

function enter(page: Page): void {
  // The typed text stays when the language changes.
  let typed: string[] = [];
  page.step(() => {
    const { words, election } = page;
    const again = () => page.busy(async () => {
      await page.refresh();
      enter(page);
    });
    const look = element('button', { type: 'button', class: 'plain', click: () => void again() }, words.lookAgain);
    if (election.board.closed !== null) return [element('p', {}, words.faults['closed'] ?? ''), look];
    if (election.board.opened === null) return [element('p', {}, words.faults['not-open'] ?? ''), look];
    // One code of each credential authority. Usually there is one.
    const { authorities } = election;
    const inputs = authorities.map((_, place) => {
      const code = element('input', {
        name: 'code', required: true, autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', maxlength: '64', class: 'code',
      });
      code.value = typed[place] ?? '';
      code.addEventListener('input', () => (typed[place] = code.value));
      return code;
    });
    const isOne = authorities.length === 1;
    const form = element(
      'form', {},
      element('h2', {}, isOne ? words.enter : words.enterAll),
      ...inputs.map((code, place) => field(isOne ? words.code : words.codeOf(authorities[place]!), code, words.codeHint)),
      element('button', {}, words.next),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void page.busy(async () => {
        const credential = await page.election.credential(inputs.map((code) => code.value));
        // This reads the board as it is now, since a ballot names the one that it replaces. A voter who may not vote again is
        // told so before filling in anything.
        await credential.predecessor();
        inputs.forEach((code) => (code.value = ''));
        typed = [];
        choose(page, credential, {});
      });
    });
    return [form];
  });
}

function choose(page: Page, credential: WorkerCredential, before: Choices): void {
  const { election } = page;
  let marked = before;
  page.step(() => {
    const { words } = page;
    const contests = election.contests(page.language, credential.style);
    const voter = { weight: credential.weight, unit: election.weightUnit(page.language) };
    const weighted = election.maxWeight > 1n ? [element('p', {}, words.control.weight(String(voter.weight), voter.unit))] : [];
    const form = element(
      'form', { novalidate: true },
      element('h2', {}, words.yourBallot),
      element('p', {}, words.yourNumber, ' ', element('strong', { id: 'voter-number', class: 'written', translate: 'no' }, written(credential.voterNumber))),
      element('p', {}, words.compareNumber),
      ...weighted,
      ...contests.map((contest) => fieldset(contest, marked[contest.id], words, voter)),
      element('button', {}, words.review),
    );
    // The marks stay when the language changes.
    form.addEventListener('change', () => (marked = chosen(contests, form)));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      marked = chosen(contests, form);
      void page.busy(async () => {
        const problems = await election.checkChoices(marked, credential.style, credential.weight);
        for (const set of form.querySelectorAll<HTMLElement>('fieldset[data-contest]')) {
          const contest = contests.find(({ id }) => id === set.dataset['contest']);
          const problem = problems.find((problem) => problem.contest === contest?.id);
          set.classList.toggle('invalid', problem !== undefined);
          for (const input of set.querySelectorAll('input, select')) input.setAttribute('aria-invalid', String(problem !== undefined));
          const line = set.querySelector('.problem');
          if (line) line.textContent = problem === undefined || !contest ? '' : complaint(contest, problem, words);
        }
        if (problems.length === 0) return review(page, credential, marked);
        form.querySelector<HTMLElement>('.invalid :is(input, select):enabled')?.focus();
        page.say(words.problems(problems.length), true);
      });
    });
    return [form];
  });
}

function review(page: Page, credential: WorkerCredential, choices: Choices): void {
  page.step(() => {
    const { words, election } = page;
    const prepare = () => page.busy(async () => {
      const previous = await credential.predecessor();
      decide(page, credential, choices, await credential.prepare(choices, { previous }), previous !== null);
    });
    return [
      element('h2', {}, words.isThisRight),
      summary(election.contests(page.language, credential.style), choices, words),
      element('div', { class: 'actions' },
        element('button', { type: 'button', click: () => void prepare() }, words.prepare),
        element('button', { type: 'button', class: 'plain', click: () => choose(page, credential, choices) }, words.change)),
    ];
  });
}

function decide(page: Page, credential: WorkerCredential, choices: Choices, ballot: WorkerPreparedBallot, again: boolean): void {
  page.step(() => {
    const { words } = page;
    const cast = () => page.busy(async () => {
      const { endpoint } = page.configuration;
      const address = endpoint === null ? null : here(endpoint);
      const text = await page.election.toText('ballot', await ballot.cast());
      await credential.free();
      if (address !== null) return handOver(page, address, text, ballot);
      save('my-ballot', text);
      done(page, ballot, true);
    });
    const open = () => page.busy(async () => {
      save('my-ballot.opening', await page.election.toText('ballot-opening', await ballot.open()));
      opened(page, credential, choices);
    });
    return [
      element('h2', {}, words.writeDown),
      tracker(ballot),
      ...(again ? [element('p', {}, words.replaces)] : []),
      element('p', {}, words.thenDecide),
      element('div', { class: 'ways' },
        element('section', {},
          element('h3', {}, words.castTitle),
          element('p', {}, words.castText),
          element('button', { type: 'button', id: 'cast', click: () => void cast() }, words.cast)),
        element('section', {},
          element('h3', {}, words.openTitle),
          element('p', {}, words.openText),
          element('button', { type: 'button', id: 'open', class: 'plain', click: () => void open() }, words.open))),
    ];
  });
}

/** Sends a signed ballot to the ballot box. If that fails, the voter gets a file, and can send the same bytes again. */
async function handOver(page: Page, address: string, text: string, ballot: Shown): Promise<void> {
  const sent = await send(address, text);
  if (sent === 'taken') return done(page, ballot, false);
  save('my-ballot', text);
  page.step(() => {
    const { words } = page;
    const again = () => page.busy(() => handOver(page, address, text, ballot));
    return [
      element('h2', { id: 'unsent', 'data-sent': sent }, sent === 'refused' ? words.unsent : words.uncertain),
      element('p', { class: 'problem' }, sent === 'refused' ? words.notTaken : words.perhapsTaken),
      tracker(ballot),
      element('div', { class: 'actions' },
        element('button', { type: 'button', id: 'again', click: () => void again() }, words.sendAgain),
        element('button', { type: 'button', class: 'plain', click: () => save('my-ballot', text) }, words.saveAgain)),
    ];
  });
}

/** Does not show the tracker: what a device shows after it knows that it is tested proves nothing. */
function opened(page: Page, credential: WorkerCredential, choices: Choices): void {
  page.step(() => {
    const { words } = page;
    return [
      element('h2', {}, words.openedTitle),
      element('p', {}, words.openedText),
      element('p', { id: 'not-voted' }, words.stillVote),
      element('button', { type: 'button', click: () => choose(page, credential, choices) }, words.voteNow),
    ];
  });
}

function done(page: Page, ballot: Shown, file: boolean): void {
  page.step(() => {
    const { words } = page;
    return [
      element('h2', {}, file ? words.savedTitle : words.castDone),
      element('p', {}, file ? words.savedText : words.castDoneText),
      tracker(ballot),
      element('p', {}, words.needBoth),
      element('p', {}, element('a', { href: 'check.html' }, words.checkLater)),
    ];
  });
}

function tracker({ tracker, writtenTracker }: Shown): HTMLElement {
  return element('p', { class: 'tracker' }, element('code', { id: 'tracker', 'data-tracker': tracker, translate: 'no' }, written(writtenTracker)));
}

// At the end of the file: what is defined after an `await` does not exist before it has ended.
await run(async () => enter(await Page.open(inParts, (words) => words.booth)));
