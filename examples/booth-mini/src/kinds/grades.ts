// A grade for every option: a grid of radio buttons, one group for each option.

import type { GradesRule, Mark } from 'ballotta/worker';
import { element } from '../page.js';
import { type Kind, described, isBlank, nameOf, orBlank, titleOf } from './kind.js';

function gradesOf(mark: Mark | undefined): Readonly<Record<string, string>> {
  return typeof mark === 'object' && 'grades' in mark ? mark.grades : {};
}

export const grades: Kind = {
  hint: (_, words) => words.control.grades,

  controls(contest, mark, words) {
    const { grades } = contest.rule as GradesRule;
    const given = gradesOf(mark);
    const groups = contest.options.map((option) => {
      const radios = grades.map(({ id, title }) => {
        const input = element('input', {
          type: 'radio', name: nameOf(contest, option.id), value: id, checked: given[option.id] === id, 'aria-describedby': `problem-${contest.id}`,
        });
        return element('label', { class: 'option' }, input, element('span', { translate: 'no' }, title));
      });
      return element('fieldset', { class: 'graded' }, element('legend', {}, described(option)), element('div', { class: 'grades' }, ...radios));
    });
    return orBlank(contest, mark, words, ...groups);
  },

  read(contest, form) {
    if (isBlank(contest, form)) return 'blank';
    const data = new FormData(form);
    const given = contest.options.flatMap(({ id }) => {
      const grade = data.get(nameOf(contest, id));
      return typeof grade === 'string' ? [[id, grade] as const] : [];
    });
    return { grades: Object.fromEntries(given) };
  },

  show(contest, mark, words) {
    if (mark === 'blank') return [words.blank];
    const { grades } = contest.rule as GradesRule;
    const title = (grade: string) => grades.find(({ id }) => id === grade)?.title ?? grade;
    return Object.entries(gradesOf(mark)).map(([option, grade]) => `${titleOf(contest, option)}: ${title(grade)}`);
  },
};
