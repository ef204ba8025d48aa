// Controls for contests, by their kinds. A new kind is a new entry of `KINDS`.

import type { ChoiceProblem, Choices, ChooseRule, Contest, Mark, Rule } from 'ballotta/worker';
import { grades } from './kinds/grades.js';
import { BLANK, type Kind, type Voter } from './kinds/kind.js';
import { lists } from './kinds/lists.js';
import { points } from './kinds/points.js';
import { ranking } from './kinds/ranking.js';
import { element } from './page.js';
import type { Words } from './words.js';

const choose: Kind = {
  hint(contest, words) {
    const { min, max } = contest.rule as ChooseRule;
    return words.choose(min, max);
  },

  controls(contest, mark, words) {
    const { min, max, blank } = contest.rule as ChooseRule;
    const type = min === 1 && max === 1 ? 'radio' : 'checkbox';
    const marked = optionsOf(mark);
    const control = (value: string, title: string, description: string | null, checked: boolean) => {
      const input = element('input', { type, name: contest.id, value, checked, 'aria-describedby': `problem-${contest.id}` });
      const more = description === null ? [] : [element('span', { class: 'hint' }, description)];
      return element('label', { class: 'option' }, input, element('span', value === BLANK ? {} : { translate: 'no' }, title, ...more));
    };
    const options = contest.options.map(({ id, title, description }) => control(id, title, description, marked.includes(id)));
    if (blank) options.push(control(BLANK, words.blank, null, mark === 'blank'));
    const list = element('div', { class: 'options' }, ...options);
    // A blank vote excludes all other marks.
    list.addEventListener('change', ({ target }) => {
      if (type === 'radio' || !(target instanceof HTMLInputElement) || !target.checked) return;
      for (const input of list.querySelectorAll('input')) {
        if (input !== target && (target.value === BLANK || input.value === BLANK)) input.checked = false;
      }
    });
    return [list];
  },

  read(contest, form) {
    const values = new FormData(form).getAll(contest.id).map(String);
    return values.includes(BLANK) ? 'blank' : { options: values };
  },

  show(contest, mark, words) {
    if (mark === 'blank') return [words.blank];
    const marked = optionsOf(mark);
    const titles = contest.options.filter(({ id }) => marked.includes(id)).map(({ title }) => title);
    return titles.length === 0 ? [words.nothing] : titles;
  },
};

const KINDS: Readonly<Record<Rule['kind'], Kind>> = {
  choose,
  score: points,
  cumulative: points,
  split: points,
  quadratic: points,
  lists,
  grades,
  positional: ranking,
  pairs: ranking,
};

function optionsOf(mark: Mark | undefined): readonly string[] {
  return typeof mark === 'object' && 'options' in mark ? mark.options : [];
}

function kind(contest: Contest): Kind {
  const found = Object.hasOwn(KINDS, contest.rule.kind) ? KINDS[contest.rule.kind] : undefined;
  if (!found) throw new Error(`this page cannot show contests of the kind ${contest.rule.kind}`);
  return found;
}

/** A contest with its controls. */
export function fieldset(contest: Contest, mark: Mark | undefined, words: Words, voter: Voter): HTMLFieldSetElement {
  const about = contest.description === null ? [] : [element('p', { translate: 'no' }, contest.description)];
  const problem = element('p', { class: 'problem', id: `problem-${contest.id}` });
  return element(
    'fieldset',
    { 'data-contest': contest.id, 'aria-describedby': `problem-${contest.id}` },
    element('legend', { translate: 'no' }, contest.title),
    ...about,
    element('p', { class: 'hint' }, kind(contest).hint(contest, words, voter)),
    ...kind(contest).controls(contest, mark, words, voter),
    problem,
  );
}

/** Reads the choices of a form. Contests whose controls cannot be read are left out. */
export function choices(contests: readonly Contest[], form: HTMLFormElement): Choices {
  const marks = contests.map((contest) => [contest.id, kind(contest).read(contest, form)] as const);
  return Object.fromEntries(marks.filter((mark): mark is readonly [string, Mark] => mark[1] !== null));
}

/** Says what is wrong with a contest, in the reader's language. A missing contest is one that could not be read above. */
export function complaint(contest: Contest, { rule, message }: ChoiceProblem, words: Words): string {
  const kinds: Partial<Record<Rule['kind'], string>> = { positional: 'gap', pairs: 'gap', lists: 'missing-contest' };
  const said = rule === 'missing-contest' ? (kinds[contest.rule.kind] ?? 'unreadable') : rule;
  return words.rules[said] ?? message;
}

/** Shows choices as text for people. */
export function summary(contests: readonly Contest[], choices: Choices, words: Words): HTMLElement {
  const items = contests.flatMap((contest) => {
    const mark = choices[contest.id];
    const chosen = mark === undefined ? [] : kind(contest).show(contest, mark, words);
    return [element('dt', {}, contest.title), ...chosen.map((title) => element('dd', {}, title))];
  });
  // What the ballot contains is shown in the words of the manifest.
  return element('dl', { class: 'summary', translate: 'no' }, ...items);
}
