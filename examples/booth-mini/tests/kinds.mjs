// An election with every kind of contest, and the marks that are made in each with the keyboard or the mouse.
import assert from 'node:assert/strict';

const text = (en, it) => ({ en, it });
const option = ([id, en, it]) => ({ id, title: text(en, it ?? en) });
const people = [['ada', 'Ada'], ['bob', 'Bob'], ['eve', 'Eve'], ['dan', 'Dan']].map(option);
const projects = [['park', 'Park', 'Parco'], ['path', 'Cycle path', 'Ciclabile'], ['pool', 'Pool', 'Piscina']].map(option);
const grade = ([id, en, it]) => ({ id, title: text(en, it) });

export const CONTESTS = [
  { id: 'chair', title: text('Who chairs the club?', 'Chi presiede?'), rule: { kind: 'choose', min: 1, max: 2, blank: true }, winners: { number: 1 }, options: people },
  { id: 'rate', title: text('Rate the projects', 'Valuta i progetti'), rule: { kind: 'score', max: 5, total: { at_most: 9 }, blank: true }, winners: { number: 1 }, options: projects },
  { id: 'free', title: text('Rate them freely', 'Valutali liberamente'), rule: { kind: 'score', max: 3, blank: false }, options: projects },
  { id: 'ten', title: text('Distribute ten points', 'Distribuisci dieci punti'), rule: { kind: 'cumulative', points: 10, max: 6, exact: true, blank: false }, options: projects },
  { id: 'mandate', title: text('How does your section vote?', 'Come vota la tua sezione?'), rule: { kind: 'split', max: 7 }, options: [['yes', 'Yes', 'Sì'], ['no', 'No']].map(option) },
  { id: 'budget', title: text('Buy votes for projects', 'Compra voti per i progetti'), rule: { kind: 'quadratic', credits: 25, blank: true }, options: projects },
  {
    id: 'council', title: text('Elect the council', 'Eleggi il consiglio'),
    rule: { kind: 'lists', lists: [{ list: 'north', candidates: ['ada', 'bob'] }, { list: 'south', candidates: ['eve', 'dan'] }], preferences: 2, across: false,
      groups: [{ candidates: ['ada', 'eve'], max: 1 }, { candidates: ['bob', 'dan'], max: 1 }], seats: { number: 2, method: 'dhondt', people: 'preferences' }, blank: true },
    options: [['north', 'North', 'Nord'], ['south', 'South', 'Sud']].map(option).concat(people),
  },
  {
    id: 'board', title: text('Elect the board', 'Eleggi la giunta'),
    rule: { kind: 'lists', lists: [{ list: 'north', candidates: ['ada'] }, { list: 'south', candidates: ['eve'] }], preferences: 1, across: true, blank: false },
    options: [['north', 'North', 'Nord'], ['south', 'South', 'Sud'], ['ada', 'Ada'], ['eve', 'Eve']].map(option),
  },
  {
    id: 'judge', title: text('Judge the candidates', 'Giudica i candidati'),
    rule: { kind: 'grades', grades: [['excellent', 'Excellent', 'Ottimo'], ['good', 'Good', 'Buono'], ['poor', 'Poor', 'Scarso'], ['reject', 'To reject', 'Da respingere']].map(grade), blank: true }, winners: { number: 1 },
    options: people,
  },
  { id: 'stage', title: text('Award the prizes', 'Assegna i premi'), rule: { kind: 'positional', scores: [5, 3, 1], truncated: true, blank: false }, options: people },
  { id: 'order', title: text('Rank all', 'Ordina tutti'), rule: { kind: 'pairs', ties: false, method: 'ranked_pairs', blank: true }, options: projects },
  { id: 'equal', title: text('Rank, also equally', 'Ordina, anche alla pari'), rule: { kind: 'pairs', ties: true, method: 'schulze', blank: false }, winners: { number: 1 }, options: people },
];

/** The list in the contest of the kind `lists` that a voter with this number chooses. */
const turn = (number, lists) => lists[number % lists.length];

/** The marks of voter `number` with this weight. */
export function wish(number, weight) {
  const points = (entries) => ({ points: entries });
  return {
    chair: turn(number, [{ options: ['ada'] }, { options: ['bob', 'eve'] }, 'blank', { options: ['ada', 'dan'] }]),
    rate: turn(number, [points({ park: 5, path: 4, pool: 0 }), points({ park: 0, path: 0, pool: 0 }), 'blank', points({ park: 1, path: 2, pool: 3 })]),
    free: turn(number, [points({ park: 3, path: 3, pool: 3 }), points({ park: 0, path: 1, pool: 2 })]),
    ten: turn(number, [points({ park: 6, path: 4, pool: 0 }), points({ park: 3, path: 3, pool: 4 }), points({ park: 0, path: 5, pool: 5 })]),
    mandate: points(turn(number, [{ yes: weight, no: 0 }, { yes: Math.floor(weight / 2), no: weight - Math.floor(weight / 2) }, { yes: 0, no: weight }])),
    budget: turn(number, [points({ park: 4, path: 3, pool: 0 }), points({ park: 5, path: 0, pool: 0 }), points({ park: 2, path: 2, pool: 3 }), 'blank']),
    council: turn(number, [{ list: 'north', preferences: ['ada', 'bob'] }, { list: 'south', preferences: ['dan'] }, 'blank', { list: 'north', preferences: [] }, { list: 'south', preferences: ['eve', 'dan'] }]),
    board: turn(number, [{ list: 'north', preferences: ['eve'] }, { list: 'south', preferences: ['eve'] }, { list: 'south', preferences: [] }]),
    judge: turn(number, [
      { grades: { ada: 'excellent', bob: 'poor', eve: 'good', dan: 'reject' } },
      { grades: { ada: 'reject', bob: 'good', eve: 'good', dan: 'excellent' } },
      { grades: { ada: 'good', bob: 'good', eve: 'poor', dan: 'poor' } },
      'blank',
    ]),
    stage: turn(number, [{ ranking: [['ada'], ['eve'], ['bob']] }, { ranking: [['dan']] }, { ranking: [] }, { ranking: [['eve'], ['ada']] }]),
    order: turn(number, [{ ranking: [['park'], ['pool'], ['path']] }, { ranking: [['pool'], ['path'], ['park']] }, 'blank', { ranking: [['path'], ['park'], ['pool']] }]),
    equal: turn(number, [{ ranking: [['ada'], ['bob', 'eve']] }, { ranking: [['eve', 'dan'], ['ada', 'bob']] }, { ranking: [] }, { ranking: [['bob'], ['ada'], ['dan'], ['eve']] }]),
  };
}

/** Makes a mark in the page. */
export async function mark(page, wish) {
  for (const [contest, marked] of Object.entries(wish)) {
    const set = page.locator(`fieldset[data-contest="${contest}"]`);
    const control = (name, rest = '') => set.locator(`[name="${name}"]${rest}`);
    const value = (value) => `[value="${value}"]`;
    if (marked === 'blank') {
      await control(contest, value('')).check();
      continue;
    }
    for (const option of marked.options ?? []) await control(contest, value(option)).check();
    for (const [option, points] of Object.entries(marked.points ?? {})) await control(`${contest}/${option}`).fill(points === 0 ? '' : String(points));
    for (const [option, grade] of Object.entries(marked.grades ?? {})) await control(`${contest}/${option}`, value(grade)).check();
    if (marked.list) await control(contest, value(marked.list)).check();
    for (const candidate of marked.preferences ?? []) await control(`${contest}/candidates`, `${value(candidate)}:enabled`).check();
    for (const [place, options] of (marked.ranking ?? []).entries()) {
      for (const option of options) await control(`${contest}/${option}`).selectOption(String(place + 1));
    }
  }
}

/** The plain count: the weighted sum of every option, the blank votes, the grades, and the pairs. */
export function count(contest, votes) {
  const { rule, options } = contest;
  const ids = options.map(({ id }) => id);
  const sum = (of) => votes.reduce((sum, { mark, weight }) => sum + (mark === 'blank' ? 0 : of(mark, weight)), 0);
  const blank = votes.reduce((sum, { mark, weight }) => sum + (mark === 'blank' ? weight : 0), 0);
  const place = (mark, id) => {
    const at = mark.ranking.findIndex((ids) => ids.includes(id));
    return at < 0 ? mark.ranking.length : at;
  };
  const total = (id) => {
    switch (rule.kind) {
      case 'choose': return sum((mark, weight) => (mark.options.includes(id) ? weight : 0));
      case 'split': return sum((mark) => mark.points[id]);
      case 'lists': return sum((mark, weight) => (mark.list === id || mark.preferences.includes(id) ? weight : 0));
      case 'positional': return sum((mark, weight) => weight * (rule.scores[place(mark, id)] ?? 0) * (mark.ranking.flat().includes(id) ? 1 : 0));
      default: return sum((mark, weight) => weight * mark.points[id]);
    }
  };
  if (rule.kind === 'grades') {
    return { blank, grades: ids.map((id) => rule.grades.map((grade) => sum((mark, weight) => (mark.grades[id] === grade.id ? weight : 0)))) };
  }
  if (rule.kind === 'pairs') {
    return { blank, matrix: ids.map((one) => ids.map((other) => sum((mark, weight) => (place(mark, one) < place(mark, other) ? weight : 0)))) };
  }
  return { blank, totals: ids.map(total) };
}

/** Asserts that a contest of a result equals the plain count. */
export function same(found, contest, votes) {
  const { blank, totals, grades, matrix } = count(contest, votes);
  assert.equal(found.withheld, null, contest.id);
  assert.equal(found.ballots, votes.length, contest.id);
  assert.equal(found.blank ?? 0, blank, contest.id);
  if (totals) assert.deepEqual(found.options.map(({ total }) => total), totals, contest.id);
  if (grades) assert.deepEqual(found.options.map(({ grades }) => grades), grades, contest.id);
  if (matrix) assert.deepEqual(found.pairs.matrix, matrix, contest.id);
}
