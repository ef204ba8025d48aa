// What an election in this thread and one in a worker have in common. With `await`, code works with both.

import type { Awaitable } from './platform.js';
import type { Texts } from './texts.js';
import type { BoardState, CheckedOpening, ChoiceProblem, Choices, FoundBallot, Freshness, MessageKind } from './types.js';

/** An election: {@link index!Election}, or {@link worker!WorkerElection} with promises. */
export interface AnyElection extends Texts {
  /** The fingerprint that manifest, ceremony and roll give. */
  readonly fingerprint: string;
  /** The fingerprint in its written form, `F-..`: what a person compares. The page shows the whole value below it. */
  readonly writtenFingerprint: string;
  /** Whether the caller gave the fingerprint. If not, the voter must compare it with the one from another source. */
  readonly pinned: boolean;
  /** The state of the board when the election was opened. */
  readonly board: BoardState;
  freshness(now?: number): Awaitable<Freshness>;
  drawnOrder(contest: string, seed: Uint8Array): Awaitable<readonly string[]>;
  checkChoices(choices: Choices, style: string, weight?: bigint): Awaitable<readonly ChoiceProblem[]>;
  credential(code: string | readonly string[]): Awaitable<AnyCredential>;
  checkOpening(opening: Uint8Array, tracker: string, voterNumber: string): Awaitable<CheckedOpening>;
  findBallot(tracker: string, voterNumber: string): Awaitable<FoundBallot>;
  toText(kind: MessageKind, bytes: Uint8Array): Awaitable<string>;
  fromText(kind: MessageKind, text: string): Awaitable<Uint8Array>;
  free(): Awaitable<void>;
}

/** A voter's credential: {@link index!Credential}, or {@link worker!WorkerCredential} with promises. */
export interface AnyCredential {
  /** The voter number, `N-XXXXX-XXXXX-XXXXX`: the voter compares it with the one that came with the voting code. */
  readonly voterNumber: string;
  /** The identifier of the voter's ballot style. */
  readonly style: string;
  /** The weight of the voter's ballots. */
  readonly weight: bigint;
  predecessor(): Awaitable<string | null>;
  prepare(choices: Choices, options?: { readonly previous?: string | null }): Awaitable<AnyPreparedBallot>;
  free(): Awaitable<void>;
}

/** An encrypted ballot: {@link index!PreparedBallot}, or {@link worker!WorkerPreparedBallot} with promises. */
export interface AnyPreparedBallot {
  /** The tracker for programs: 64 hexadecimal digits. */
  readonly tracker: string;
  /** The tracker for people, `T-XXXXX-...`. The voter writes it down before the choice between opening and casting. */
  readonly writtenTracker: string;
  open(): Awaitable<Uint8Array>;
  cast(): Awaitable<Uint8Array>;
  free(): Awaitable<void>;
}
