// The booth: code, choose, review, prepare, then cast or open.

import { type Choices, type WorkerCredential, type WorkerPreparedBallot } from 'ballotta/worker';
import { choices as chosen, complaint, fieldset, summary } from './contests.js';
import { write } from './handover.js';
import { Page, element, field, grouped, here, run, save } from './page.js';

await run(async () => enter(await Page.open((words) => words.booth)));

function enter(page: Page): void {
  const { election } = page;
  page.step(() => {
    const { words } = page;
    if (election.board.opened === null) return [element('p', {}, words.faults['not-open'] ?? '')];
    if (election.board.closed !== null) return [element('p', {}, words.faults['closed'] ?? '')];
    const code = element('input', {
      name: 'code', required: true, autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', maxlength: '64', class: 'code',
    });
    const form = element(
      'form', {},
      element('h2', {}, words.enter),
      field(words.code, code, words.codeHint),
      element('button', {}, words.next),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void page.busy(async () => {
        const credential = await election.credential(code.value);
        code.value = '';
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
      ...weighted,
      ...contests.map((contest) => fieldset(contest, marked[contest.id], words, voter)),
      element('button', {}, words.review),
    );
    // What is marked stays, also in another language.
    form.addEventListener('change', () => (marked = chosen(contests, form)));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      marked = chosen(contests, form);
      void page.busy(async () => {
        const problems = await election.checkChoices(marked, credential.style, credential.weight);
        for (const set of form.querySelectorAll<HTMLElement>('fieldset[data-contest]')) {
          const contest = contests.find(({ id }) => id === set.dataset['contest']);
          const problem = problems.find((problem) => problem.contest === contest?.id);
          set.toggleAttribute('aria-invalid', problem !== undefined);
          const line = set.querySelector('.problem');
          if (line) line.textContent = problem === undefined || !contest ? '' : complaint(contest, problem, words);
        }
        if (problems.length === 0) return review(page, credential, marked);
        form.querySelector<HTMLElement>('[aria-invalid] :is(input, select):enabled')?.focus();
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
      const text = write('ballot', await ballot.cast());
      const { endpoint } = page.configuration;
      if (endpoint === null) save('my-ballot', text);
      else {
        const answer = await fetch(here(endpoint), { method: 'POST', body: text, headers: { 'content-type': 'text/plain' } });
        if (!answer.ok) {
          // It is signed: the voter may still hand it over.
          save('my-ballot', text);
          throw new Error(words.notTaken);
        }
      }
      await credential.free();
      done(page, ballot.tracker, endpoint === null);
    });
    const open = () => page.busy(async () => {
      save('my-ballot.opening', write('ballot-opening', await ballot.open()));
      opened(page, credential, choices, ballot.tracker);
    });
    return [
      element('h2', {}, words.writeDown),
      tracker(ballot.tracker),
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

function opened(page: Page, credential: WorkerCredential, choices: Choices, hash: string): void {
  page.step(() => {
    const { words } = page;
    return [
      element('h2', {}, words.openedTitle),
      element('p', {}, words.openedText),
      tracker(hash),
      element('p', {}, words.credential, ' ', element('strong', { id: 'credential' }, credential.shortForm)),
      element('p', {}, words.stillVote),
      element('button', { type: 'button', click: () => choose(page, credential, choices) }, words.voteNow),
    ];
  });
}

function done(page: Page, hash: string, file: boolean): void {
  page.step(() => {
    const { words } = page;
    return [
      element('h2', {}, file ? words.savedTitle : words.castDone),
      element('p', {}, file ? words.savedText : words.castDoneText),
      tracker(hash),
      element('p', {}, element('a', { href: 'check.html' }, words.checkLater)),
    ];
  });
}

function tracker(hash: string): HTMLElement {
  return element('p', { class: 'tracker' }, element('code', { id: 'tracker', 'data-tracker': hash }, grouped(hash)));
}
