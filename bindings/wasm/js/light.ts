/**
 * The light client: a voter's side of an election that reads small parts of its record, also if a million people vote. The
 * record needs the files that `ballotta board light` writes, and its server should answer requests for ranges.
 *
 * Every part is signed by a party of the manifest, or proved against what is signed: see spec/light.md.
 *
 * @packageDocumentation
 */

import { BallottaError } from './errors.js';
import { bytes, choicesJson, codes, hash, isOpening, keptBoard, options, pin, seconds, text, typed, weight as heavy } from './input.js';
import { Instance, parse } from './instance.js';
import { type WasmSource, compileLight } from './module.js';
import { PreparedBallot, base64, wiping } from './prepared.js';
import { type RawLight, type RawLightCredential, type RawLightModule, instantiate } from './raw-light.js';
import { type Source, source } from './record.js';
import { Texts } from './texts.js';
import type {
  CheckedOpening,
  ChoiceProblem,
  Choices,
  CompiledModule,
  Freshness,
  LightBoardState,
  LightElectionOptions,
  LightFoundBallot,
  LightPromisedBallot,
  LightReceipt,
  MessageKind,
  RecordSource,
} from './types.js';

export { BallottaError, type ErrorCode } from './errors.js';
export type { WasmSource } from './module.js';
export { PreparedBallot } from './prepared.js';
export { Texts } from './texts.js';
export type * from './types.js';

/** The symbol for `using`, also in runtimes that do not define it. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/** A limit that is longer than any message file. */
const MAX_TEXT = 24 << 20;
/** A limit that is longer than any receipt. */
const MAX_RECEIPT = 4096;
/** More rounds of fetching than any call needs. A server that answers with less than was asked ends here. */
const MAX_ROUNDS = 64;
/** The longest part that is fetched. */
const MAX_PART = 1 << 20;

/** A board that was read this many milliseconds ago is not read again for the next call. */
const FRESH = 30_000;

/** The errors of a record that may have grown since it was read: it is read again, once. */
const STALE: ReadonlySet<string> = new Set(['missing-file', 'unreadable-file', 'record-changed', 'bad-entries', 'bad-light-file', 'bad-proof']);

interface Part {
  readonly path: string;
  readonly offset: number;
  readonly length: number | null;
  readonly limit: number;
}

/** Loads the light client from the module next to this file, or from that of the caller. */
export async function loadLight(module?: WasmSource): Promise<BallottaLight> {
  return new BallottaLight(await compileLight(module));
}

/** The light client, which opens elections. */
export class BallottaLight {
  /** @internal */
  constructor(
    /** The compiled module. */
    readonly module: CompiledModule,
  ) {}

  /**
   * Opens an election from small parts of its record.
   *
   * @throws {@link BallottaError} `other-election` if the record does not have the given fingerprint; `forked-board` or
   * `older-board` if the board does not continue the one that was kept; `missing-file` if the record has no files for light
   * clients.
   */
  async openElection(record: RecordSource, electionOptions: LightElectionOptions): Promise<LightElection> {
    const { fingerprint, language, kept } = options(electionOptions, 'options', ['fingerprint', 'language', 'kept']);
    const expected = pin(fingerprint);
    const preferred = language === undefined ? undefined : text(language, 'language', 64);
    const { entries, root } = keptBoard(kept) ?? { entries: 0, root: '' };
    const from = source(record);
    const instance = await Instance.of<RawLightModule>(this.module, instantiate);
    try {
      const raw = instance.call((module) => new module.RawLight());
      const pinned = expected !== 'unpinned';
      const open = (raw: RawLight) => raw.open(pinned ? expected : '', BigInt(entries), root) || undefined;
      await rounds(instance, raw, from, open);
      return new LightElection(instance, raw, from, pinned, preferred);
    } catch (error) {
      instance.end();
      throw error;
    }
  }
}

/** Calls until nothing is needed any more, and fetches what is needed between two calls. */
async function rounds<T>(instance: Instance<RawLightModule>, raw: RawLight, from: Source, call: (raw: RawLight) => T | undefined): Promise<T> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = instance.call(() => call(raw));
    if (found !== undefined) return found;
    const wanted = instance.call(() => parse<Part[]>(raw.wanted()));
    await Promise.all(
      wanted.map(async ({ path, offset, length, limit }) => {
        if (length !== null && length > MAX_PART) throw new BallottaError('unreadable-file', `${path}: the part is too long`, path);
        const file = await (length === null ? from.read(path, limit) : from.part(path, offset, length));
        instance.call(() => {
          if (file === null) raw.absent(path);
          else if (length === null) raw.add_whole(path, file);
          else raw.add(path, offset, file);
        });
      }),
    );
  }
  throw new BallottaError('unreadable-file', 'the server sends less than was asked for');
}

/** An election that is read in parts. `free()` wipes it with everything that was made from it. */
export class LightElection extends Texts {
  /** The fingerprint that manifest, public keys and the root of the roll give. */
  readonly fingerprint: string;
  /** The fingerprint in its written form, `F-..`: what a person compares. The page shows the whole value below it. */
  readonly writtenFingerprint: string;
  /** Whether the caller gave the fingerprint. If not, the voter must compare it with the one from another source. */
  readonly pinned: boolean;
  private state: LightBoardState;
  /** When the board was read last, in milliseconds. */
  private readAt = Date.now();
  private last: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(
    private readonly instance: Instance<RawLightModule>,
    private readonly raw: RawLight,
    private readonly from: Source,
    pinned: boolean,
    language: string | undefined,
  ) {
    super(instance.call(() => new TextDecoder().decode(raw.manifest())), language);
    this.fingerprint = instance.call(() => raw.fingerprint());
    this.writtenFingerprint = instance.call(() => raw.written_fingerprint());
    this.state = instance.call(() => parse<LightBoardState>(raw.board()));
    this.pinned = pinned;
  }

  /** The state of the board as it was read last. Keep it for the next visit: it is the option `kept`. */
  get board(): LightBoardState {
    return this.state;
  }

  /** Whether enough witnesses have cosigned the board lately, as it was read last. See `Election.freshness`. */
  freshness(now?: number): Freshness {
    const time = seconds(now);
    return this.instance.call(() => parse(this.raw.freshness(time)));
  }

  /** The identifiers of a contest's options in the order in which a page shows them. See `Election.drawnOrder`. */
  drawnOrder(contest: string, seed: Uint8Array): readonly string[] {
    const [id, drawn] = [text(contest, 'contest', 64), bytes(seed, 'seed')];
    return this.instance.call(() => parse(this.raw.drawn_order(id, drawn)));
  }

  /** Everything that the rules of a ballot style do not allow; an empty list if the choices can be cast. See `Election.checkChoices`. */
  checkChoices(choices: Choices, style: string, weight: bigint = 1n): readonly ChoiceProblem[] {
    const [json, name, divided] = [choicesJson(choices), text(style, 'style', 64), heavy(weight)];
    return this.instance.call(() => parse(wiping(json, () => this.raw.check_choices(json, name, divided))));
  }

  /**
   * Derives the credential of a voting code, or of one code of each of {@link Texts.authorities}, in any order.
   *
   * @throws {@link BallottaError} `bad-voting-code` if a code was mistyped; `wrong-number-of-codes` or `repeated-code` if it
   * is not one code of each authority; `unknown-credential` if the credential is not on the roll: then this is not the voter's
   * election.
   */
  async credential(code: string | readonly string[]): Promise<LightCredential> {
    const letters = new TextEncoder().encode(codes(code));
    try {
      const raw = await this.read(false, (raw) => raw.credential(letters));
      return new LightCredential(this, this.instance, this.raw, raw);
    } finally {
      letters.fill(0);
    }
  }

  /**
   * Checks on a second device that an opened ballot contains what the first device showed. See `Election.checkOpening`. Parts of
   * the record are read only if the ballot has another voter number.
   */
  async checkOpening(opening: Uint8Array, tracker: string, voterNumber: string): Promise<CheckedOpening> {
    const [copy, shown, voter] = [bytes(opening, 'opening'), typed(tracker, 'tracker'), typed(voterNumber, 'voterNumber')];
    try {
      const opened = parse<CheckedOpening & { weight: string }>(await this.read(false, (raw) => raw.check_opening(copy, shown, voter)));
      return { ...opened, weight: BigInt(opened.weight) };
    } finally {
      copy.fill(0);
    }
  }

  /**
   * What the board and the trustees say of a voter's ballot now. `tracker` and `voterNumber` are those of the voter's notes
   * and letter.
   *
   * @throws {@link BallottaError} `typing-slip` if one of them was mistyped, `unknown-number` if no voter has this number.
   */
  async findBallot(tracker: string, voterNumber: string): Promise<LightFoundBallot> {
    const [shown, voter] = [typed(tracker, 'tracker'), typed(voterNumber, 'voterNumber')];
    return parse(await this.read(true, (raw) => raw.find(shown, voter)));
  }

  /**
   * The content of a receipt, whose text is what the board gave out: what it promises. Keep the text.
   *
   * @throws {@link BallottaError} `bad-receipt` if this is no receipt of the board of this election, `receipt-of-other` if it is
   * one of another election.
   */
  readReceipt(receipt: string): LightReceipt {
    const given = text(receipt, 'receipt', MAX_RECEIPT);
    return this.instance.call(() => parse(this.raw.receipt(given)));
  }

  /**
   * What became of the ballot that a receipt promises. `receipt` is its text. Receipt, tracker and voter number are those that
   * the voter kept, never what a server sends now. If the board broke its promise, `evidence` has the bytes of a file with which
   * anybody can convict it.
   *
   * @throws {@link BallottaError} `bad-receipt`, `receipt-of-other` if the receipt is not for this ballot, `typing-slip`,
   * `unknown-number`.
   */
  async checkReceipt(receipt: string, tracker: string, voterNumber: string): Promise<LightPromisedBallot> {
    const [given, shown, voter] = [text(receipt, 'receipt', MAX_RECEIPT), typed(tracker, 'tracker'), typed(voterNumber, 'voterNumber')];
    const found = parse<LightPromisedBallot & { evidence?: string }>(await this.read(true, (raw) => raw.promised(given, shown, voter)));
    if (found.evidence === undefined) return found;
    return { ...found, evidence: Uint8Array.from(found.evidence.match(/../g) ?? [], (digits) => parseInt(digits, 16)) } as LightPromisedBallot;
  }

  /** The text of a message file with these bytes. See `Election.toText`. */
  toText(kind: MessageKind, content: Uint8Array): string {
    const [opening, copy] = [isOpening(kind), bytes(content, 'bytes')];
    const first = this.instance.call((module) => module.first_line(opening));
    return wiping(copy, () => `${first}\n${base64(copy)}\n`);
  }

  /** The bytes of a message file. See `Election.fromText`. */
  fromText(kind: MessageKind, content: string): Uint8Array {
    const [opening, given] = [isOpening(kind), text(content, 'text', MAX_TEXT)];
    return this.instance.call((module) => module.from_text(opening, given));
  }

  /**
   * Reads the board again, which must continue the one that was read before.
   *
   * @throws {@link BallottaError} `forked-board` or `older-board` if it does not.
   */
  async refresh(): Promise<void> {
    await this.inTurn(() => this.again(false));
  }

  /** Wipes the election, its credentials and its prepared ballots. */
  free(): void {
    this.instance.end();
  }

  /** Wipes the election, its credentials and its prepared ballots. */
  [dispose](): void {
    this.free();
  }

  /** @internal Reads what a call needs. `now` is for calls whose answer changes as the board grows. */
  read<T>(now: boolean, call: (raw: RawLight) => T | undefined): Promise<T> {
    return this.inTurn(async () => {
      if (now && Math.abs(Date.now() - this.readAt) > FRESH) await this.again(false);
      try {
        return await rounds(this.instance, this.raw, this.from, call);
      } catch (error) {
        if (!(error instanceof BallottaError) || !STALE.has(error.code)) throw error;
        await this.again(true);
        return rounds(this.instance, this.raw, this.from, call);
      }
    });
  }

  private async again(everything: boolean): Promise<void> {
    const { entries, root } = this.state;
    this.instance.call(() => this.raw.forget(everything));
    await rounds(this.instance, this.raw, this.from, (raw) => raw.open(this.fingerprint, BigInt(entries), root) || undefined);
    this.state = this.instance.call(() => parse<LightBoardState>(this.raw.board()));
    this.readAt = Date.now();
  }

  /** Calls that read share what was fetched, so they wait for each other. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

/** A voter's credential, which is on the roll of its election. */
export class LightCredential {
  /** The voter number, `N-XXXXX-XXXXX-XXXXX`: the voter compares it with the one that came with the voting code. */
  readonly voterNumber: string;
  /** The identifier of the voter's ballot style. */
  readonly style: string;
  /** The weight of the voter's ballots. */
  readonly weight: bigint;
  private prepared = 0n;
  private freed = false;
  /** What `predecessor` has said last. */
  private behind: string | null | undefined;

  /** @internal */
  constructor(
    private readonly election: LightElection,
    private readonly instance: Instance<RawLightModule>,
    private readonly from: RawLight,
    private readonly raw: RawLightCredential,
  ) {
    this.voterNumber = instance.call(() => raw.voter_number());
    this.style = instance.call(() => raw.style());
    this.weight = instance.call(() => raw.weight());
  }

  /**
   * The tracker of the ballot that a new ballot replaces, as the board shows it now, or `null` if there is none.
   *
   * @throws {@link BallottaError} `ballot-limit` if the voter has voted and the election allows one ballot only, `not-open`, `closed`.
   */
  async predecessor(): Promise<string | null> {
    this.expect();
    this.behind = (await this.election.read(true, (from) => this.raw.predecessor(from))) || null;
    return this.behind;
  }

  /**
   * Encrypts a ballot. Show its tracker before the voter decides whether to open or to cast it. `previous` is the tracker of
   * the ballot that the new one replaces, `null` for a first ballot; the default is what `predecessor` said last, or says now.
   * The value is not checked: a ballot with a wrong predecessor is refused by the ballot box.
   *
   * @throws {@link BallottaError} `choices-not-allowed` with everything that is wrong, `not-open`, `closed`.
   */
  async prepare(choices: Choices, prepareOptions?: { readonly previous?: string | null }): Promise<PreparedBallot> {
    const json = choicesJson(choices);
    const { previous } = options(prepareOptions, 'options', ['previous']);
    const given = previous === undefined || previous === null ? previous : hash(previous, 'previous');
    try {
      const behind = given !== undefined ? given : this.behind !== undefined ? this.behind : await this.predecessor();
      this.expect();
      // The millisecond and the number of prepared ballots make ballots differ even if the random source repeats itself.
      const counter = BigInt.asUintN(64, (BigInt(Date.now()) << 20n) | this.prepared);
      this.prepared += 1n;
      const raw = this.instance.call(() => this.raw.prepare(this.from, json, behind ?? '', counter));
      return new PreparedBallot(this.instance, raw);
    } finally {
      json.fill(0);
    }
  }

  /** Wipes the credential. Ballots that it prepared can still be cast. */
  free(): void {
    // If the election was freed, this is already wiped.
    if (!this.freed && !this.instance.ended) this.instance.call(() => this.raw.free());
    this.freed = true;
  }

  /** Wipes the credential. Ballots that it prepared can still be cast. */
  [dispose](): void {
    this.free();
  }

  private expect(): void {
    if (this.freed) throw new BallottaError('gone', 'the credential was freed');
  }
}
