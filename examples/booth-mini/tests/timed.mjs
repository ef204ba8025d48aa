// An election for timing: one voter for 1 of 10, one for 1 of 100, and one who ranks 10 options with ties.
import { Election } from './election.mjs';

const contest = (count) => ({
  id: `of-${count}`,
  title: { en: `1 of ${count}`, it: `1 di ${count}` },
  rule: { kind: 'choose', min: 1, max: 1, blank: false },
  options: Array.from({ length: count }, (_, number) => ({ id: `o${number}`, title: { en: `Option ${number}`, it: `Opzione ${number}` } })),
});

const pairs = { ...contest(10), id: 'pairs', rule: { kind: 'pairs', ties: true, method: 'schulze', blank: false } };

export const timed = () => new Election(['ten', 'hundred', 'pairs'].map((style) => ({ style, weight: 1 })), (manifest) => {
  manifest.contests = [contest(10), contest(100), pairs];
  manifest.styles = [{ id: 'ten', contests: ['of-10'] }, { id: 'hundred', contests: ['of-100'] }, { id: 'pairs', contests: ['pairs'] }];
});
