// The data of every kind of contest: rules with their texts, weights, and results. Ballots of every kind are tested in
// examples/booth-mini.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Texts, load } from 'ballotta';
import { parseExact } from '../dist/instance.js';
import { pinned, record, vectors } from './vectors.mjs';

const text = (en, it) => ({ en, it });

test('rules have their texts in the language that is asked for, and nothing else is changed', () => {
  const rules = [
    { kind: 'grades', grades: [{ id: 'good', title: text('Good', 'Buono') }, { id: 'bad', title: text('Bad', 'Cattivo') }], blank: true },
    { kind: 'split', max: 1_099_511_627_776 },
    { kind: 'lists', lists: [{ list: 'north', candidates: ['ada'] }, { list: 'south', candidates: [] }], preferences: 1, across: false,
      groups: [{ candidates: ['ada'], max: 1 }], seats: { number: 1, method: 'dhondt', people: 'order' }, blank: false },
    { kind: 'pairs', ties: true, method: 'schulze', blank: false },
  ];
  const contests = rules.map((rule, number) => ({ id: `c${number}`, title: text('Title', 'Titolo'), rule, options: [{ id: 'ada', title: text('Ada', 'Ada') }] }));
  contests[1].order = 'random';
  const manifest = { kind: 'real', languages: ['en', 'it'], title: text('Club', 'Circolo'), ballots_per_credential: 16,
    weights: { unit: text('shares', 'quote'), max: 1_099_511_627_776, total: 1_099_511_627_776 }, contests, styles: [{ id: 'all', contests: contests.map(({ id }) => id) }] };
  const texts = new Texts(JSON.stringify(manifest), undefined);
  assert.deepEqual(texts.contests('it').map((contest) => [Object.hasOwn(contest, 'order'), contest.order]),
    contests.map(({ order }) => [order !== undefined, order]));
  const [grades, ...others] = texts.contests('it').map(({ rule }) => rule);
  assert.deepEqual(grades, { ...rules[0], grades: [{ id: 'good', title: 'Buono' }, { id: 'bad', title: 'Cattivo' }] });
  assert.deepEqual(others, rules.slice(1));
  assert.equal(texts.contests()[0].rule.grades[0].title, 'Good');
  // What is decided: groups have their titles in the language, too.
  const decided = structuredClone(manifest);
  decided.contests[0].winners = { number: 1, groups: [{ id: 'north', title: text('North', 'Nord'), options: ['ada'], at_most: 1 }] };
  decided.contests[1].passes = { for: 'yes', against: 'no', conditions: [{ of: 'votes', rule: 'more_than', fraction: [1, 2] }] };
  const [first, second] = new Texts(JSON.stringify(decided), undefined).contests('it');
  assert.deepEqual(first.winners, { number: 1, groups: [{ id: 'north', title: 'Nord', options: ['ada'], at_most: 1 }] });
  assert.deepEqual(second.passes, decided.contests[1].passes);
  assert.equal(second.winners, undefined);
  assert.deepEqual([texts.weightUnit('it'), texts.weightUnit(), texts.maxWeight], ['quote', 'shares', 1_099_511_627_776n]);
});

test('totals, averages, grades and pairs are exact, and names that look like them are names', () => {
  const most = Number.MAX_SAFE_INTEGER;
  const report = `{"result":{"contests":[{"id":"total","weight":${most}1,"options":[{"id":"a","total":0,"average":[${most}1,3],"grades":[${most}1,0],"grade":"matrix"}],`
    + `"blank":null,"winners":{"number":1,"elected":[{"id":"grades","by":"ranking"}],"tied":[]},"passes":{"for":${most}1,"against":2},"pairs":{"matrix":[[0,${most}1],[2,0]],"condorcet_winner":null},`
    + '"seats":{"lists":[{"id":"average","seats":3}],"tied":[],"open":0}}]},"failures":[{"problem":"\\"total\\":5"}],"items":7}';
  const { result, failures, items } = parseExact(new TextEncoder().encode(report));
  const [contest] = result.contests;
  const exact = BigInt(`${most}1`);
  assert.deepEqual(contest.options, [{ id: 'a', total: 0n, average: [exact, 3n], grades: [exact, 0n], grade: 'matrix' }]);
  assert.deepEqual(contest.pairs, { matrix: [[0n, exact], [2n, 0n]], condorcet_winner: null });
  assert.deepEqual(contest.winners, { number: 1, elected: [{ id: 'grades', by: 'ranking' }], tied: [] });
  assert.deepEqual(contest.passes, { for: exact, against: 2n });
  assert.deepEqual(contest.seats, { lists: [{ id: 'average', seats: 3 }], tied: [], open: 0 });
  assert.deepEqual([contest.id, contest.weight, failures[0].problem, items], ['total', exact, '"total":5', 7]);
});

test('choices are checked for a weight, and marks of other kinds are read before they are refused', async () => {
  const election = await (await load()).openElection(record(), pinned);
  const [, { choices, style }] = vectors.ballots;
  for (const weight of [undefined, 1n, 3n, (1n << 64n) - 1n]) assert.deepEqual(election.checkChoices(JSON.parse(choices), style, weight), []);
  for (const weight of [null, 1, '1', 0n, -1n, 1n << 64n, {}]) {
    assert.throws(() => election.checkChoices(JSON.parse(choices), style, weight), { code: 'invalid-input', field: 'weight' });
  }
  const refused = (mark) => election.checkChoices({ c1: mark }, 's1').map(({ rule, option }) => [rule, option]);
  for (const mark of [{ points: { o0: 1 } }, { list: 'o0', preferences: ['o1'] }, { preferences: [], list: 'o0' }, { ranking: ['o0', ['o1']] }, { ranking: [] }]) {
    assert.deepEqual(refused(mark), [['wrong-kind', null]]);
  }
  assert.deepEqual(refused({ grades: { o0: 'good' } }), [['wrong-kind', null]]);
  assert.deepEqual(refused({ points: { nobody: 1 } }), [['unknown-option', 'nobody']]);
  assert.deepEqual(refused({ scores: { o0: 1 } }), [['unknown-kind', null]]);
  for (const mark of [{ points: [1] }, { points: { o0: '1' } }, { grades: { o0: 1 } }, { list: 'o0' }, { ranking: 'o0' }, { options: ['o0'], points: {} }]) {
    assert.deepEqual(refused(mark), [['malformed', null]]);
  }
});
