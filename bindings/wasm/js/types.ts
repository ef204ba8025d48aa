// What goes in and comes out, as plain data.

import type { ElectionResult } from './results.js';
import type { Mark, Rule } from './rules.js';

export type * from './rules.js';
export type * from './results.js';

/** The files of a record, by their paths. */
export type Files = ReadonlyMap<string, Uint8Array> | Readonly<Record<string, Uint8Array>>;

/** A record on a web server: a folder of static files. */
export interface RecordUrl {
  /** The address of the folder. */
  readonly url: string | URL;
  /** Fetches in place of the global `fetch`. */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
  /** Ends the waiting for the server, with an error `aborted`. */
  readonly signal?: AbortSignal;
}

/** Where a record is read from. */
export type RecordSource = Files | RecordUrl;

/** How an election is opened. */
export interface ElectionOptions {
  /**
   * The fingerprint that the voter was told elsewhere: 64 hexadecimal digits. `'unpinned'` takes any election; then the page
   * must show {@link Election.fingerprint}, and the voter must compare it.
   */
  readonly fingerprint: string;
  /** The language of texts where none is asked for; the manifest's first without it. */
  readonly language?: string;
}

/** A voter's choices: for each contest of the ballot style, by identifiers, what is marked. */
export type Choices = { readonly [contest: string]: Mark };

/** What the rules do not allow. */
export interface ChoiceProblem {
  /** Where: `contest`, or `contest/option`; empty if it is about the choices as a whole. */
  readonly field: string;
  /** The contest, if it is about one. */
  readonly contest: string | null;
  /** The option, if the contest does not have it. Nothing else that was marked is named. */
  readonly option: string | null;
  /**
   * The stable name of the rule that is broken.
   *
   * - Of the choices: `malformed`, `unknown-kind`, `unknown-contest`, `missing-contest`, `duplicate-contest`,
   *   `unknown-option`, `duplicate-option`, `wrong-kind`, `blank-not-allowed`.
   * - Of what is marked: `overvote`, `undervote`; `too-many-for-option`, `too-many-points`, `too-few-points`,
   *   `too-many-credits`; `not-a-list`, `not-a-candidate`, `other-list`, `too-many-preferences`, `too-many-of-group`;
   *   `missing-grade`, `unknown-grade`; `tie-not-allowed`, `empty-place`.
   */
  readonly rule: string;
  /** A plain sentence. */
  readonly message: string;
}

/** Something that can be chosen. Texts are those of the manifest: text, never markup. */
export interface Option {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
}

/** A question on the ballot. */
export interface Contest {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly rule: Rule;
  readonly options: readonly Option[];
}

/** Which contests a voter gets. */
export interface Style {
  readonly id: string;
  /** The identifiers of its contests, in their order. */
  readonly contests: readonly string[];
}

/** How far the board had come when the election was opened. */
export interface BoardState {
  /** How many entries it has. */
  readonly entries: number;
  /** The root of the Merkle tree over them: 64 hexadecimal digits. */
  readonly root: string;
  /** The entry that opened the voting. */
  readonly opened: number | null;
  /** The entry that closed it. */
  readonly closed: number | null;
}

/** What an opened ballot holds. */
export interface CheckedOpening {
  /** The short form of the credential: compare it with the first device. */
  readonly credential: string;
  /** The ballot style. */
  readonly style: string;
  /** The weight: what a voter divides in a contest of the kind `split`. */
  readonly weight: bigint;
  /** Exactly what the ballot holds. */
  readonly choices: Choices;
}

/** Who saw the board at its close. */
export interface Witnesses {
  /** How many cosigned it. */
  readonly cosigned: number;
  /** Of how many. */
  readonly members: number;
  /** How many the manifest asks for. */
  readonly quorum: number;
  /** Whether that many did. What fewer saw, the board says perhaps to this voter alone. */
  readonly enough: boolean;
}

/**
 * What became of a ballot. `witnesses` is `null` before the close. `credential` is the short form of the credential that the
 * ballot names: compare it with the voter's own, for a device can show the tracker of somebody else's ballot. `null` where a
 * ballot that does not count names none.
 */
export type FoundBallot =
  /** It counts, as things are. */
  | { readonly state: 'counted'; readonly entry: number; readonly credential: string; readonly witnesses: Witnesses | null }
  /** A later ballot of the same credential, with the tracker `by`, counts in its place. */
  | { readonly state: 'superseded'; readonly entry: number; readonly credential: string; readonly by: string; readonly byEntry: number; readonly witnesses: Witnesses | null }
  /** It stands on the board and does not count. */
  | { readonly state: 'void'; readonly entry: number; readonly credential: string | null; readonly reason: string; readonly witnesses: Witnesses | null }
  /** It does not stand on the board. */
  | { readonly state: 'missing'; readonly credential: null; readonly witnesses: Witnesses | null };

/** How far an election has come. */
export type Stage = 'voting' | 'closed' | 'complete';

/** What the verifier works at. */
export interface Progress {
  readonly stage: 'roll' | 'board' | 'ballots';
  readonly done: number;
  readonly total: number;
}

/** What is asked of a verification. */
export interface VerifyOptions {
  /** The fingerprint that the auditor knows. */
  readonly fingerprint?: string;
  /** The bytes of a checkpoint that was kept before. */
  readonly checkpoint?: Uint8Array;
  /** How far the election must have come; `complete` without it. */
  readonly stage?: Stage;
  /** Told of the progress. */
  readonly onProgress?: (progress: Progress) => void;
}

/** One check of a report. */
export interface CheckReport {
  readonly check: string;
  readonly status: 'passed' | 'failed' | 'not_checked' | 'not_asked';
  readonly items: number;
  readonly failures: number;
}

/** One failure of one check. */
export interface Failure {
  readonly check: string;
  /** Where: a file, an entry, a line of the roll, a trustee, or `record`. */
  readonly place: unknown;
  readonly problem: string;
}

/** What a verification found: the report of `ballotta verify --json`, with totals and weights as `bigint`: `JSON.stringify` needs a replacer. */
export interface Report {
  readonly valid: boolean;
  readonly stage: Stage;
  readonly fingerprint: string | null;
  readonly checks: readonly CheckReport[];
  readonly failures: readonly Failure[];
  readonly not_checked: readonly string[];
  readonly warnings: readonly string[];
  readonly result: ElectionResult | null;
}
