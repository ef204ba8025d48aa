// A ranking: the place of every option, and the order that follows from the places.

import type { Contest, Mark } from 'ballotta/worker';
import { element } from '../page.js';
import type { Words } from '../words.js';
import { type Kind, described, isBlank, nameOf, orBlank, runningLine, titleOf } from './kind.js';

/** The number of places, whether options may share one, and whether a place before a filled one may be empty. */
function places({ rule, options }: Contest): { readonly count: number; readonly shared: boolean; readonly free: boolean } {
  if (rule.kind === 'positional') return { count: rule.scores.length, shared: false, free: false };
  return { count: options.length, shared: rule.kind === 'pairs' && rule.ties, free: rule.kind === 'pairs' && rule.ties };
}

function rankingOf(mark: Mark | undefined): readonly (readonly string[])[] {
  if (typeof mark !== 'object' || !('ranking' in mark)) return [];
  return mark.ranking.map((place) => (typeof place === 'string' ? [place] : place));
}

/** The options in each place, from the first; an empty list for an empty place. */
function taken(contest: Contest, place: (option: string) => number | null): string[][] {
  const { count } = places(contest);
  return Array.from({ length: count }, (_, index) => contest.options.map(({ id }) => id).filter((id) => place(id) === index + 1));
}

/** A ranking as lines. Options that share a place are on one line. */
function lines(contest: Contest, ranking: readonly (readonly string[])[], words: Words): string[] {
  const ranked = ranking.map((ids, place) => `${place + 1}. ${ids.map((id) => titleOf(contest, id)).join(' = ')}`);
  const left = contest.options.filter(({ id }) => !ranking.flat().includes(id)).map(({ title }) => title);
  const { unranked, last } = words.control;
  return left.length === 0 ? ranked : [...ranked, (places(contest).free ? last : unranked)(left.join(', '))];
}

export const ranking: Kind = {
  hint({ rule, options }, words) {
    const { rank } = words.control;
    if (rule.kind === 'pairs') return rule.ties ? rank.ties : rank.all;
    if (rule.kind !== 'positional') return '';
    const { scores, truncated } = rule;
    const asked = truncated ? rank.upTo(scores.length) : scores.length === options.length ? rank.all : rank.first(scores.length);
    return `${asked} ${rank.scores(scores.join(', '))}`;
  },

  controls(contest, mark, words) {
    const { count } = places(contest);
    const given = rankingOf(mark);
    const selects = contest.options.map(({ id }) => {
      const at = given.findIndex((ids) => ids.includes(id));
      const choice = (value: string, text: string, selected: boolean) => element('option', { value, selected }, text);
      const numbers = Array.from({ length: count }, (_, place) => choice(String(place + 1), words.control.place(place + 1), at === place));
      return element('select', { name: nameOf(contest, id), 'aria-describedby': `problem-${contest.id}` }, choice('', words.control.noPlace, at < 0), ...numbers);
    });
    const rows = contest.options.map((option, place) => element('label', { class: 'number' }, described(option), selects[place]!));
    const line = runningLine();
    const order = () => {
      const ids = contest.options.map(({ id }) => id);
      const ranked = taken(contest, (id) => Number(selects[ids.indexOf(id)]?.value) || null).filter((ids) => ids.length > 0);
      line.textContent = ranked.length === 0 ? words.control.nobody : lines(contest, ranked, words).join(' · ');
    };
    const list = element('div', { class: 'numbers', change: order }, ...rows, line);
    order();
    return orBlank(contest, mark, words, list);
  },

  read(contest, form) {
    if (isBlank(contest, form)) return 'blank';
    const data = new FormData(form);
    const all = taken(contest, (id) => Number(data.get(nameOf(contest, id))) || null);
    const last = all.findLastIndex((ids) => ids.length > 0);
    const ranking = all.slice(0, last + 1);
    // If places have scores, options after an empty place would move up. The voter must decide this.
    if (!places(contest).free && ranking.some((ids) => ids.length === 0)) return null;
    return { ranking: ranking.filter((ids) => ids.length > 0) };
  },

  show(contest, mark, words) {
    if (mark === 'blank') return [words.blank];
    const ranked = rankingOf(mark);
    return ranked.length === 0 ? [words.nothing] : lines(contest, ranked, words);
  },
};
