// The arguments and results of the package, as plain data.

import type { FetchOptions, HttpResponse, Signal, Url } from './platform.js';
import type { ElectionResult } from './results.js';
import type { Mark, MotionRule, Rule, WinnersRule } from './rules.js';

export type * from './rules.js';
export type * from './results.js';
export type * from './elections.js';
export type * from './platform.js';

/** The files of a record, with their paths as keys. */
export type Files = ReadonlyMap<string, Uint8Array> | Readonly<Record<string, Uint8Array>>;

/** A record on a web server: a folder of static files. */
export interface RecordUrl {
  /** The address of the folder, with or without a slash at the end. */
  readonly url: string | Url;
  /** A function that is used in place of the global `fetch`. */
  readonly fetch?: (url: Url, init: FetchOptions) => Promise<HttpResponse>;
  /** A signal that aborts the requests, with the error `aborted`. */
  readonly signal?: Signal;
}

/** The source of a record: its files, or a web server. */
export type RecordSource = Files | RecordUrl;

/** The options for opening an election. */
export interface ElectionOptions {
  /**
   * The fingerprint that the voter knows from another source: its written form or 64 hexadecimal digits. `'unpinned'` accepts any election;
   * then the page must show {@link Election.writtenFingerprint}, and the voter must compare it.
   */
  readonly fingerprint: string;
  /** The language of texts if a call gives none. The default is the manifest's first language. */
  readonly language?: string;
}

/** The kinds of message files that voters exchange: see spec/command-line.md#files. */
export type MessageKind = 'ballot' | 'ballot-opening';

/** A voter's choices: a mark for each contest of the ballot style, by identifiers. */
export type Choices = { readonly [contest: string]: Mark };

/** The stable names of the rules that choices can break. */
export type ChoiceRule =
  // Of the choices as a whole.
  | 'malformed'
  | 'unknown-kind'
  | 'unknown-contest'
  | 'missing-contest'
  | 'duplicate-contest'
  | 'unknown-style'
  | 'unknown-option'
  | 'duplicate-option'
  | 'wrong-kind'
  | 'blank-not-allowed'
  // Of the mark in one contest.
  | 'overvote'
  | 'undervote'
  | 'too-many-for-option'
  | 'too-many-points'
  | 'too-few-points'
  | 'too-many-credits'
  | 'not-a-list'
  | 'not-a-candidate'
  | 'other-list'
  | 'too-many-preferences'
  | 'too-many-of-group'
  | 'missing-grade'
  | 'unknown-grade'
  | 'tie-not-allowed'
  | 'empty-place';

/** One problem of a voter's choices that the rules do not allow. */
export interface ChoiceProblem {
  /** The place: `contest`, or `contest/option`; empty if the problem is about the choices as a whole. */
  readonly field: string;
  /** The contest, if the problem is about one contest. */
  readonly contest: string | null;
  /** The option, if the contest does not have it. No other option that was marked is given. */
  readonly option: string | null;
  /** The stable name of the rule that is broken. */
  readonly rule: ChoiceRule;
  /** The problem as a plain sentence. */
  readonly message: string;
}

/** An option of a contest. Texts are those of the manifest: text, never markup. */
export interface Option {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  /** The files about the option, such as a photo, if there are any. */
  readonly attachments?: readonly Attachment[];
}

/** A file about an election, a contest or an option. Compare length and hash before it is shown; the record may lack it. */
export interface Attachment {
  readonly title: string;
  readonly type: 'image/jpeg' | 'image/png' | 'image/webp' | 'application/pdf' | 'text/plain';
  /** The length, in bytes. */
  readonly length: number;
  /** The SHA-256, in hexadecimal. */
  readonly sha256: string;
  /** The path of the file in the record. */
  readonly path: string;
}

/** A contest: one question on the ballot. */
export interface Contest {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  /** The files about the contest, such as the text of a motion, if there are any. */
  readonly attachments?: readonly Attachment[];
  readonly rule: Rule;
  /** How many options are elected, if the contest elects any. */
  readonly winners?: WinnersRule;
  /** When the motion passes, if the contest is one. */
  readonly passes?: MotionRule;
  /** The order in which a page shows the options; without it, their own. For `random` see {@link index!Election.drawnOrder}. */
  readonly order?: 'alphabetical' | 'random';
  readonly options: readonly Option[];
}

/** How lately witnesses have cosigned the board of an open voting. Ages are in seconds. */
export type Freshness =
  | { readonly state: 'no_limit' | 'not_open' }
  | { readonly state: 'fresh'; readonly cosigned: number; readonly quorum: number }
  | { readonly state: 'old'; readonly cosigned: number; readonly quorum: number; readonly youngest: number | null; readonly limit: number };

/** A ballot style: the contests that a voter gets. */
export interface Style {
  readonly id: string;
  /** The identifiers of its contests, in their order. */
  readonly contests: readonly string[];
}

/** The state of the board when the election was opened. */
export interface BoardState {
  /** The number of entries. */
  readonly entries: number;
  /** The root of the Merkle tree over them: 64 hexadecimal digits. */
  readonly root: string;
  /** The index of the entry that opened the voting. */
  readonly opened: number | null;
  /** The index of the entry that closed the voting, or `null` while it is open. */
  readonly closed: number | null;
}

/** The state of a board, as a light client has read it. */
export interface LightBoardState extends BoardState {
  /**
   * Whether enough trustees have stated the tally. Their statements then show that the voting was opened: the opening is not
   * read, and `opened` is `null`, though the voting was open.
   */
  readonly stated: boolean;
  /** The number of voters on the roll. */
  readonly voters: number;
  /** The witnesses that have cosigned the checkpoint. */
  readonly witnesses: Witnesses;
}

/** The options for opening an election with the light client. */
export interface LightElectionOptions extends ElectionOptions {
  /** The board of an earlier visit. The board must continue it: otherwise the server shows two histories. */
  readonly kept?: { readonly entries: number; readonly root: string };
}

/** The content of an opened ballot. */
export interface CheckedOpening {
  /** The voter number, as `checkOpening` was given it, in its written form. */
  readonly voterNumber: string;
  /** The identifier of the ballot style. */
  readonly style: string;
  /** The weight, which a voter divides in a contest of the kind `split`. */
  readonly weight: bigint;
  /** The exact choices that the ballot contains. */
  readonly choices: Choices;
}

/** The witnesses that cosigned the board at its close. */
export interface Witnesses {
  /** The number of witnesses that cosigned. */
  readonly cosigned: number;
  /** The number of witnesses in the manifest. */
  readonly members: number;
  /** The number of cosignatures that the manifest requires. */
  readonly quorum: number;
  /** Whether enough witnesses cosigned. If not, the board may show this state to this voter alone. */
  readonly enough: boolean;
}

/** The state of a voter's ballot on the board. `witnesses` is `null` before the close. */
export type FoundBallot =
  /** The ballot counts at present. */
  | { readonly state: 'counted'; readonly entry: number; readonly witnesses: Witnesses | null }
  /** A later ballot of the same voter counts instead. `by` is its tracker, as 64 hexadecimal digits, and `byWritten` its written form. */
  | { readonly state: 'superseded'; readonly entry: number; readonly by: string; readonly byWritten: string; readonly byEntry: number; readonly witnesses: Witnesses | null }
  /** The ballot is on the board and does not count. */
  | { readonly state: 'void'; readonly entry: number; readonly reason: string; readonly witnesses: Witnesses | null }
  /** The ballot is that of another voter: the device that showed this tracker has not cast the ballot of this voter. */
  | { readonly state: 'of_another_voter'; readonly entry: number; readonly witnesses: Witnesses | null }
  /** The change of the roll in the entry `change` has revoked this voter number, and no ballot counts under it. The voter looks again
   * with the number in the newer letter. Without `entry`, no ballot has the tracker. Nobody is accused. */
  | { readonly state: 'number_revoked'; readonly entry?: number; readonly change: number; readonly witnesses: Witnesses | null }
  /** The ballot was cast with the older code of the voter, which the change of the roll in the entry `change` replaces by that of this
   * number. The voter looks again with the number in the older letter. Nobody is accused. */
  | { readonly state: 'code_replaced'; readonly entry: number; readonly change: number; readonly witnesses: Witnesses | null }
  /** The ballot is not on the board. */
  | { readonly state: 'missing'; readonly witnesses: Witnesses | null };

/** What a board promises in a receipt: a ballot is admitted as one entry. */
export interface LightReceipt {
  /** The position of the entry. */
  readonly entry: number;
  /** The tracker of the ballot, as 64 hexadecimal digits, and its written form. */
  readonly tracker: string;
  readonly writtenTracker: string;
  /** The tracker of the ballot that it replaces, or `null`. */
  readonly previous: string | null;
}

/** What a light client knows of a ballot that the board has promised. `entry` is the promised position, and `witnesses`
 * are those of the close, `null` before it. */
export type LightPromisedBallot =
  /** The ballot is there, and enough trustees have signed, after the close, that it counts. */
  | { readonly state: 'counted'; readonly entry: number; readonly witnesses: Witnesses | null }
  /** The ballot is there, and enough trustees have signed that the later ballot `by` of the voter counts. */
  | { readonly state: 'superseded'; readonly entry: number; readonly by: string; readonly byWritten: string; readonly byEntry: number; readonly witnesses: Witnesses | null }
  /** The ballot is there, and enough trustees have signed that it does not count, nor a later one. Verify the whole record. */
  | { readonly state: 'not_counted'; readonly entry: number; readonly witnesses: Witnesses | null }
  /** The ballot is there. Whether it counts is not confirmed yet. */
  | { readonly state: 'on_board'; readonly entry: number; readonly witnesses: Witnesses | null }
  /** The ballot is there, and the board shows the later ballot `by` of the voter as the last one. */
  | { readonly state: 'later_is_last'; readonly entry: number; readonly by: string; readonly byWritten: string; readonly byEntry: number; readonly witnesses: Witnesses | null }
  /** The ballot is there and cannot count, though the board has promised that it is admitted. */
  | { readonly state: 'void'; readonly entry: number; readonly evidence: Uint8Array; readonly witnesses: Witnesses | null }
  /** The promised entry is the ballot of another voter: the device that showed this tracker has not cast the ballot of this voter. */
  | { readonly state: 'of_another_voter'; readonly entry: number; readonly witnesses: Witnesses | null }
  /** The change of the roll in the entry `change` has revoked this voter number, and no ballot counts under it. The voter looks again
   * with the number in the newer letter. Nobody is accused. */
  | { readonly state: 'number_revoked'; readonly entry: number; readonly change: number; readonly witnesses: Witnesses | null }
  /** The ballot was cast with the older code of the voter, which the change of the roll in the entry `change` replaces by that of this
   * number. The voter looks again with the number in the older letter. Nobody is accused. */
  | { readonly state: 'code_replaced'; readonly entry: number; readonly change: number; readonly witnesses: Witnesses | null }
  /** The board has another entry there, or was closed before it: it broke its promise. */
  | { readonly state: 'promise_broken'; readonly entry: number; readonly evidence: Uint8Array; readonly witnesses: Witnesses | null }
  /** The board that was read ends before the promised position. Look again; keep the receipt until after the close. */
  | { readonly state: 'not_yet'; readonly entry: number; readonly entries: number; readonly witnesses: Witnesses | null };

/** What a light client knows of a ballot. `witnesses` are those of the close, `null` before it. */
export type LightFoundBallot =
  /** Enough trustees have signed, after the close, that the ballot counts. */
  | { readonly state: 'counted'; readonly entry: number; readonly witnesses: Witnesses | null }
  /** Enough trustees have signed that another ballot of the voter counts. `by` is its tracker, `byWritten` its written form. */
  | { readonly state: 'another_counts'; readonly entry: number; readonly by: string; readonly byWritten: string; readonly witnesses: Witnesses | null }
  /** Enough trustees have signed that no ballot of the voter counts. */
  | { readonly state: 'none_counts'; readonly witnesses: Witnesses | null }
  /** The ballot is on the board. Whether it counts is not confirmed yet. */
  | { readonly state: 'on_board'; readonly entry: number; readonly witnesses: Witnesses | null }
  /** Another ballot of the voter is on the board, which shows it as the last one. */
  | { readonly state: 'another_is_last'; readonly entry: number; readonly by: string; readonly byWritten: string; readonly witnesses: Witnesses | null }
  /** The board shows no ballot of the voter. It may hide one. */
  | { readonly state: 'not_shown'; readonly witnesses: Witnesses | null }
  /** Enough trustees have signed that a change of the roll, at `entry`, has revoked the credential: no ballot of it counts. */
  | { readonly state: 'revoked'; readonly entry: number; readonly witnesses: Witnesses | null }
  /** A change of the roll that all credential authorities have signed revokes the credential, and is on the board at `entry`. */
  | { readonly state: 'revocation_on_board'; readonly entry: number; readonly witnesses: Witnesses | null };

/** A stage: how far an election has come. */
export type Stage = 'voting' | 'closed' | 'complete';

/** The progress of the verifier in one of its steps. */
export interface Progress {
  readonly stage: 'roll' | 'board' | 'parts' | 'ballots';
  readonly done: number;
  readonly total: number;
}

/** The options of a verification. */
export interface VerifyOptions {
  /** The fingerprint that the auditor knows from another source: its written form or 64 hexadecimal digits. */
  readonly fingerprint?: string;
  /** The bytes of a checkpoint that somebody kept earlier. */
  readonly checkpoint?: Uint8Array;
  /** How far the election must have come. The default is `complete`. */
  readonly stage?: Stage;
  /** A function that is called with the progress. */
  readonly onProgress?: (progress: Progress) => void;
}

/** The stable names of the checks, in the order of an election. */
export type CheckId =
  | 'manifest.valid'
  | 'board.checkpoint'
  | 'board.entries'
  | 'board.root'
  | 'board.pinned'
  | 'board.order'
  | 'ceremony.messages'
  | 'roll.lines'
  | 'roll.signature'
  | 'roll.parts'
  | 'roll.changes'
  | 'election.fingerprint'
  | 'election.pinned'
  | 'organiser.signature'
  | 'ballot.encoding'
  | 'ballot.election'
  | 'ballot.credential'
  | 'ballot.style'
  | 'ballot.signature'
  | 'ballot.argument'
  | 'ballot.duplicate'
  | 'ballot.randomness'
  | 'ballot.window'
  | 'ballot.predecessor'
  | 'tally.sums'
  | 'closing.rule'
  | 'decryption.proof'
  | 'decryption.threshold'
  | 'result.totals'
  | 'record.files';

/** The place of a failure. Entries are counted from 0, lines of the roll and trustees from 1. */
export type Place =
  | 'record'
  | { readonly file: string }
  | { readonly entry: { readonly index: number; readonly file: string } }
  | { readonly roll_line: number }
  | { readonly trustee: number };

/** One check of a report, with its status. */
export interface CheckReport {
  readonly check: CheckId;
  readonly status: 'passed' | 'findings' | 'missing' | 'failed' | 'unreadable' | 'not_checked' | 'not_asked';
  readonly items: number;
  readonly failures: number;
}

/** Somebody with a role in the election; authorities, trustees and witnesses are counted from 1. */
export type Role =
  | 'organiser'
  | 'board'
  | { readonly authority: number }
  | { readonly trustee: number }
  | { readonly witness: number };

/** One failure of a check, with its place and its effect on the verdict. */
export interface Failure {
  readonly check: CheckId;
  readonly place: Place;
  /** `none` for a finding, which changes nothing in the result. */
  readonly effect: 'none' | 'missing' | 'invalid' | 'unreadable';
  /** Who answers for the failure; who is awaited, if something is missing. Empty if nobody signed what is wrong. */
  readonly who: readonly Role[];
  readonly problem: string;
}

/**
 * The report of a verification, as of `ballotta verify --json` without its field `rehearsal`, with totals and weights as
 * `bigint`. `JSON.stringify` needs a replacer for them.
 */
export interface Report {
  /** The verdict; `null` if the record could not be read, or changed while it was read. */
  readonly verdict: 'holds' | 'holds_with_findings' | 'not_complete' | 'does_not_hold' | null;
  readonly stage: Stage;
  readonly fingerprint: string | null;
  readonly checks: readonly CheckReport[];
  readonly failures: readonly Failure[];
  readonly not_checked: readonly string[];
  readonly warnings: readonly string[];
  /** The cancellation of the election, if there is one: the position of its entry, and the organiser's reason. */
  readonly cancelled: { readonly entry: number; readonly reason: string } | null;
  readonly result: ElectionResult | null;
}
