// What every kind of contest has: controls, and what they say.

import type { Contest, Mark } from 'ballotta/worker';
import { element } from '../page.js';
import type { Words } from '../words.js';

/** What the roll says of the voter. */
export interface Voter {
  readonly weight: bigint;
  /** What the weight counts. */
  readonly unit: string;
}

/** One kind of contest. */
export interface Kind {
  /** What is asked of the voter. */
  hint(contest: Contest, words: Words, voter: Voter): string;
  /** The controls, with what is marked. */
  controls(contest: Contest, mark: Mark | undefined, words: Words, voter: Voter): Node[];
  /** What the controls say; `null` if they say nothing, or nothing that can be read. */
  read(contest: Contest, form: HTMLFormElement): Mark | null;
  /** What a mark says, for people. */
  show(contest: Contest, mark: Mark, words: Words): string[];
}

/** The value of the control for a blank vote: no option has an empty name. */
export const BLANK = '';

/** The name of the control of one option. Identifiers have no slash. */
export function nameOf(contest: Contest, option: string): string {
  return `${contest.id}/${option}`;
}

/** The title of an option; of one that there is not, its name. */
export function titleOf(contest: Contest, id: string): string {
  return contest.options.find((option) => option.id === id)?.title ?? id;
}

/** Title and description of an option, as the label of its control. */
export function described({ title, description }: { readonly title: string; readonly description: string | null }): HTMLElement {
  const more = description === null ? [] : [element('span', { class: 'hint' }, description)];
  return element('span', {}, title, ...more);
}

/** A line that says how far the voter has come. Screen readers hear what it changes to. */
export function runningLine(): HTMLElement {
  return element('p', { class: 'running', role: 'status', 'aria-live': 'polite' });
}

/** The controls, and a blank vote that switches them off, where the contest has one. */
export function orBlank(contest: Contest, mark: Mark | undefined, words: Words, ...controls: Node[]): Node[] {
  const marks = element('div', { class: 'marks' }, ...controls);
  if (!('blank' in contest.rule) || !contest.rule.blank) return [marks];
  const input = element('input', { type: 'checkbox', name: contest.id, value: BLANK, checked: mark === 'blank', 'aria-describedby': `problem-${contest.id}` });
  const follow = () => {
    for (const control of marks.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')) control.disabled = input.checked;
  };
  input.addEventListener('change', follow);
  follow();
  return [marks, element('label', { class: 'option' }, input, element('span', {}, words.blank))];
}

/** Whether the blank vote is marked. */
export function isBlank(contest: Contest, form: HTMLFormElement): boolean {
  return new FormData(form).getAll(contest.id).includes(BLANK);
}
