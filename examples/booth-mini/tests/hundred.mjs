// An election of one voter for 1 of 10 and one for 1 of 100: what takes time.
import { Election } from './election.mjs';

const contest = (count) => ({
  id: `of-${count}`,
  title: { en: `1 of ${count}`, it: `1 di ${count}` },
  rule: { kind: 'choose', min: 1, max: 1, blank: false },
  options: Array.from({ length: count }, (_, number) => ({ id: `o${number}`, title: { en: `Option ${number}`, it: `Opzione ${number}` } })),
});

export const hundred = () => new Election([{ style: 'ten', weight: 1 }, { style: 'hundred', weight: 1 }], (manifest) => {
  manifest.contests = [contest(10), contest(100)];
  manifest.styles = [{ id: 'ten', contests: ['of-10'] }, { id: 'hundred', contests: ['of-100'] }];
});
