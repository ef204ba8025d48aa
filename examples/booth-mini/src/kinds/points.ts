// Points, votes and parts of a weight: a number for each option, and the rest that is left.

import type { Contest, Mark } from 'ballotta/worker';
import { element } from '../page.js';
import type { Words } from '../words.js';
import { type Kind, type Voter, described, isBlank, nameOf, orBlank, runningLine, titleOf } from './kind.js';

/** The limits for the numbers of a contest. */
interface Limits {
  /** The largest number for one option. */
  readonly each: number;
  /** The largest cost of all numbers together. */
  readonly together: number | null;
  /** Whether the whole sum has to be given. */
  readonly exact: boolean;
  /** The cost of a number. */
  cost(number: number): number;
}

function limits({ rule }: Contest, { weight }: Voter): Limits {
  const cost = (number: number) => number;
  switch (rule.kind) {
    case 'score': {
      const { max: each, total } = rule;
      if (total === undefined) return { each, together: null, exact: false, cost };
      return 'exactly' in total ? { each, together: total.exactly, exact: true, cost } : { each, together: total.at_most, exact: false, cost };
    }
    case 'cumulative':
      return { each: rule.max, together: rule.points, exact: rule.exact, cost };
    case 'split':
      return { each: Number(weight), together: Number(weight), exact: true, cost };
    case 'quadratic':
      return { each: Math.floor(Math.sqrt(rule.credits)), together: rule.credits, exact: false, cost: (votes) => votes * votes };
    default:
      throw new Error(`contests of the kind ${rule.kind} have no points`);
  }
}

/** The number in a control; `null` if it is not a whole number, 0 or more. */
function numberIn(input: HTMLInputElement): number | null {
  if (input.value === '') return input.validity.badInput ? null : 0;
  return /^[0-9]{1,15}$/.test(input.value) ? Number(input.value) : null;
}

function pointsOf(mark: Mark | undefined): Readonly<Record<string, number>> {
  return typeof mark === 'object' && 'points' in mark ? mark.points : {};
}

export const points: Kind = {
  hint({ rule, ...contest }, words, voter) {
    const { each, together, exact } = limits({ rule, ...contest }, voter);
    const { numbers } = words.control;
    if (rule.kind === 'split') return numbers.split(String(voter.weight), voter.unit);
    if (rule.kind === 'quadratic') return numbers.quadratic(rule.credits, each);
    return [numbers.each(each), ...(together === null ? [] : [exact ? numbers.exactly(together) : numbers.atMost(together)])].join(' ');
  },

  controls(contest, mark, words, voter) {
    const { each, together, exact, cost } = limits(contest, voter);
    const given = pointsOf(mark);
    const inputs = contest.options.map(({ id }) => element('input', {
      type: 'number', name: nameOf(contest, id), min: '0', max: String(each), step: '1', inputmode: 'numeric', autocomplete: 'off',
      value: given[id] ? String(given[id]) : '', placeholder: '0', 'aria-describedby': `problem-${contest.id}`,
    }));
    const rows = contest.options.map((option, place) => element('label', { class: 'number' }, described(option), inputs[place]!));
    const line = runningLine();
    const count = () => {
      const numbers = inputs.map(numberIn);
      const sum = numbers.reduce<number>((sum, number) => sum + cost(number ?? 0), 0);
      const { numbers: say } = words.control;
      line.textContent = contest.rule.kind === 'quadratic' ? say.credits(sum, together ?? 0) : together === null ? say.sum(sum) : say.sumOf(sum, together);
      const wrong = numbers.some((number) => number === null || number > each) || (together !== null && sum > together);
      line.classList.toggle('over', wrong);
      line.classList.toggle('met', !wrong && exact && sum === together);
    };
    const list = element('div', { class: 'numbers', input: count }, ...rows, line);
    count();
    return orBlank(contest, mark, words, list);
  },

  read(contest, form) {
    if (isBlank(contest, form)) return 'blank';
    const numbers = contest.options.map(({ id }) => [id, numberIn(form.elements.namedItem(nameOf(contest, id)) as HTMLInputElement)] as const);
    if (numbers.some(([, number]) => number === null)) return null;
    // Options without points are included, so that the number of marked options does not show.
    return { points: Object.fromEntries(numbers as [string, number][]) };
  },

  show(contest, mark, words) {
    if (mark === 'blank') return [words.blank];
    const given = Object.entries(pointsOf(mark)).filter(([, number]) => number > 0);
    return given.length === 0 ? [words.nothing] : given.map(([id, number]) => `${titleOf(contest, id)}: ${number}`);
  },
};
