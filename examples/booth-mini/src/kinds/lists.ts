// Lists and their candidates: one list, and preferences for candidates.

import type { Contest, ListsRule, Mark } from 'ballotta/worker';
import { element } from '../page.js';
import { BLANK, type Kind, described, runningLine, titleOf } from './kind.js';

function candidatesName(contest: Contest): string {
  return `${contest.id}/candidates`;
}

function listOf(mark: Mark | undefined): { readonly list: string | null; readonly preferences: readonly string[] } {
  return typeof mark === 'object' && 'list' in mark ? mark : { list: null, preferences: [] };
}

export const lists: Kind = {
  hint(contest, words) {
    const { preferences, across, groups = [] } = contest.rule as ListsRule;
    const { list } = words.control;
    const titles = (ids: readonly string[]) => ids.map((id) => titleOf(contest, id)).join(', ');
    const limits = groups.filter(({ candidates, max }) => max < Math.min(candidates.length, preferences));
    return [
      list.one,
      ...(preferences === 0 ? [] : [across ? list.across(preferences) : list.inside(preferences)]),
      ...limits.map(({ candidates, max }) => list.group(max, titles(candidates))),
    ].join(' ');
  },

  controls(contest, mark, words) {
    const { lists, preferences, across, blank } = contest.rule as ListsRule;
    const given = listOf(mark);
    const problem = `problem-${contest.id}`;
    const option = (id: string) => contest.options.find((option) => option.id === id) ?? { title: id, description: null };
    const radio = (value: string, checked: boolean, label: HTMLElement) =>
      element('label', { class: 'option' }, element('input', { type: 'radio', name: contest.id, value, checked, 'aria-describedby': problem }), label);
    const blocks = lists.map(({ list, candidates }) => {
      const boxes = candidates.map((id) => element('label', { class: 'option' },
        element('input', { type: 'checkbox', name: candidatesName(contest), value: id, checked: given.preferences.includes(id), 'aria-describedby': problem }),
        described(option(id))));
      const inner = element('fieldset', { class: 'candidates', 'data-list': list },
        element('legend', {}, words.control.list.candidates(titleOf(contest, list))), ...boxes);
      return element('div', { class: 'list' }, radio(list, given.list === list, described(option(list))), ...(boxes.length > 0 && preferences > 0 ? [inner] : []));
    });
    if (blank) blocks.push(element('div', { class: 'list' }, radio(BLANK, mark === 'blank', element('span', {}, words.blank))));
    const line = runningLine();
    const all = element('div', { class: 'lists' }, ...blocks, ...(preferences > 0 ? [line] : []));
    const follow = () => {
      const chosen = all.querySelector<HTMLInputElement>('input[type=radio]:checked')?.value;
      for (const inner of all.querySelectorAll<HTMLFieldSetElement>('.candidates')) {
        inner.disabled = chosen === undefined || chosen === BLANK || (!across && inner.dataset['list'] !== chosen);
      }
      const count = all.querySelectorAll('.candidates:enabled input:checked').length;
      line.textContent = words.control.list.count(count, preferences);
      line.classList.toggle('over', count > preferences);
    };
    all.addEventListener('change', follow);
    follow();
    return [all];
  },

  read(contest, form) {
    const data = new FormData(form);
    const list = data.get(contest.id);
    if (typeof list !== 'string') return null;
    // Candidates of lists that were not chosen are switched off, so they are not included.
    return list === BLANK ? 'blank' : { list, preferences: data.getAll(candidatesName(contest)).map(String) };
  },

  show(contest, mark, words) {
    if (mark === 'blank') return [words.blank];
    const { list, preferences } = listOf(mark);
    return [titleOf(contest, list ?? ''), ...preferences.map((id) => words.control.list.preference(titleOf(contest, id)))];
  },
};
