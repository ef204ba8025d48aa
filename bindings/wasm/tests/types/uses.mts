// Everything that is offered, and what must not type-check.
import { type Ballotta, BallottaError, type AnyElection, type CheckId, type ChoiceRule, type Choices, type Contest, type Election, type ErrorCode, type FoundBallot, type Mark, type Place, type Report, load } from 'ballotta';
import { type WorkerElection, loadWorker } from 'ballotta/worker';

export async function uses(files: Map<string, Uint8Array>): Promise<void> {
  const ballotta: Ballotta = await load(new URL('https://example.org/ballotta.wasm'));
  using election: Election = await ballotta.openElection(files, { fingerprint: 'unpinned', language: 'it' });
  const contests: readonly Contest[] = election.contests('it', 'all');
  const choices: Choices = { chair: { options: ['ada'] }, statute: 'blank', budget: { points: { ada: 1 } } };
  const marks: readonly Mark[] = [
    'blank',
    { list: 'north', preferences: ['ada'] },
    { grades: { ada: 'good' } },
    { ranking: ['ada', ['bob', 'eve']] },
  ];
  const problem: string | undefined = election.checkChoices(choices, 'all', 3n)[0]?.message;
  using credential = election.credential('code');
  const weight: bigint = credential.weight;
  using ballot = credential.prepare(choices, { previous: null });
  const bytes: Uint8Array = ballot.cast();
  const [number, written]: [string, string] = [credential.voterNumber, ballot.writtenTracker];
  const found: FoundBallot = election.findBallot(written, number);
  if (found.state === 'superseded') found.byWritten.slice(0, 8);
  if (found.state === 'of_another_voter') found.entry.toFixed();
  const report: Report = await ballotta.verify({ url: '/record/' }, { stage: 'closed', onProgress: ({ done, total }) => done / total });
  const total: bigint | undefined = report.result?.contests[0]?.options[0]?.total;
  const [first] = report.result?.contests ?? [];
  const exact: readonly (bigint | undefined)[] = [first?.pairs?.matrix[0]?.[1], first?.options[0]?.average?.[0], first?.options[0]?.grades?.[0]];
  const open: number | undefined = first?.seats?.open;
  const shown = contests.map(({ rule }) => (rule.kind === 'grades' ? rule.grades[0]?.title : rule.kind === 'quadratic' ? rule.credits : rule.kind));
  const code: ErrorCode = new BallottaError('closed', 'the voting is closed').code;
  using library = await loadWorker({ module: ballotta.module });
  const { signal } = new AbortController();
  await using other: WorkerElection = await library.openElection({ url: '/record/', signal }, { fingerprint: election.fingerprint });
  const tracker: string = (await (await other.credential('code')).prepare(choices)).tracker;
  // Code that works with an election in this thread and with one in a worker.
  const both = async (any: AnyElection): Promise<string> => any.toText('ballot', await (await (await any.credential('code')).prepare(choices)).cast());
  const texts: readonly string[] = [await both(election), await both(other)];
  const opening: Uint8Array = election.fromText('ballot-opening', texts[0] ?? '');
  const place: Place | undefined = report.failures[0]?.place;
  const entry = typeof place === 'object' && 'entry' in place ? place.entry.index : 0;
  const check: CheckId | undefined = report.checks[0]?.check;
  const rule: ChoiceRule | undefined = election.checkChoices(choices, 'all')[0]?.rule;
  void [opening, entry, check, rule];
  void [contests, marks, problem, weight, bytes, total, exact, open, shown, code, tracker];

  // @ts-expect-error a fingerprint is pinned, or said not to be
  await ballotta.openElection(files, {});
  // @ts-expect-error a ballot is found with the number of its voter
  election.findBallot(ballot.tracker);
  // @ts-expect-error an opening is checked with the number of its voter
  election.checkOpening(opening, ballot.tracker);
  // @ts-expect-error a mark is no list
  election.checkChoices({ chair: ['ada'] }, 'all');
  // @ts-expect-error there is no such mark
  election.checkChoices({ chair: { scores: { ada: 1 } } }, 'all');
  // @ts-expect-error weights are exact
  election.checkChoices(choices, 'all', 3);
  // @ts-expect-error secrets are not made from nothing
  new BallottaError('no such code', '');
  // @ts-expect-error there is no such check
  void (check === 'ballot.proof');
  // @ts-expect-error there is no such rule
  void (rule === 'over-vote');
  // @ts-expect-error there is no such place
  void (place === 'board');
  // @ts-expect-error there is no such kind of file
  election.toText('vote', bytes);
  // @ts-expect-error weights are exact
  const rounded: number = credential.weight;
  void rounded;
}
