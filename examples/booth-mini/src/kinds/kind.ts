// The interface of every kind of contest: its controls, and how to read them.

import type { Contest, Mark } from 'ballotta/worker';
import { element } from '../page.js';
import type { Words } from '../words.js';

/** The voter's weight, from the roll, and its unit. */
export interface Voter {
  readonly weight: bigint;
  /** The unit of the weight. */
  readonly unit: string;
}

/** One kind of contest and its controls. */
export interface Kind {
  /** The instruction for the voter. */
  hint(contest: Contest, words: Words, voter: Voter): string;
  /** Makes the controls, with the given mark filled in. */
  controls(contest: Contest, mark: Mark | undefined, words: Words, voter: Voter): Node[];
  /** Reads the mark from the controls; `null` if there is none, or if it cannot be read. */
  read(contest: Contest, form: HTMLFormElement): Mark | null;
  /** Describes a mark for people. */
  show(contest: Contest, mark: Mark, words: Words): string[];
}

/** The value of the control for a blank vote. It is empty, since no option has an empty name. */
export const BLANK = '';

/** The name of the control of one option. Identifiers have no slash. */
export function nameOf(contest: Contest, option: string): string {
  return `${contest.id}/${option}`;
}

/** The title of an option; its name if there is no such option. */
export function titleOf(contest: Contest, id: string): string {
  return contest.options.find((option) => option.id === id)?.title ?? id;
}

/** The title and description of an option, as the label of its control. */
export function described({ title, description }: { readonly title: string; readonly description: string | null }): HTMLElement {
  const more = description === null ? [] : [element('span', { class: 'hint' }, description)];
  return element('span', { translate: 'no' }, title, ...more);
}

/** A line that shows the voter's current sum or count. Screen readers announce its changes. */
export function runningLine(): HTMLElement {
  return element('p', { class: 'running', role: 'status', 'aria-live': 'polite' });
}

/** The controls, and a blank vote that switches them off if the contest has one. */
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
