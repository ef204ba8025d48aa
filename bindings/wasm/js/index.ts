/**
 * Elections with a result that anybody can check and ballots that nobody can read: the voter's side and the verifier, in
 * browsers and in Node.
 *
 * All secrets are in the memory of a WebAssembly instance and are wiped by `free()`. The caller must not keep the values
 * that JavaScript passes in or receives (a voting code, choices, an opening).
 *
 * @packageDocumentation
 */

import { BallottaError } from './errors.js';
import { bytes, choicesJson, codes, hash, isOpening, options, pin, seconds, text, typed, verification, weight as heavy } from './input.js';
import { Instance, parse, parseExact } from './instance.js';
import { type WasmSource, compile, compileVerifier } from './module.js';
import { type RawCredential, type RawElection, type RawVoter, instantiate } from './raw.js';
import { PreparedBallot, base64, wiping } from './prepared.js';
import type { RawVerifier } from './raw-verifier.js';
import { gather, source } from './record.js';
import { Texts } from './texts.js';
import type {
  AnyCredential,
  AnyElection,
  BoardState,
  CheckedOpening,
  ChoiceProblem,
  Choices,
  ElectionOptions,
  CompiledModule,
  FoundBallot,
  Freshness,
  MessageKind,
  Progress,
  RecordSource,
  Report,
  VerifyOptions,
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

/**
 * Loads the library from the modules next to this file, or from those of the caller. `verifier` is `verify.wasm`, which
 * is not loaded before the first verification.
 *
 * All state is in the returned object: two calls return two libraries that share nothing.
 */
export async function load(source?: WasmSource, verifier?: WasmSource): Promise<Ballotta> {
  return new Ballotta(await compile(source), verifier);
}

/** The library, which opens elections and verifies records. */
export class Ballotta {
  private verifier: Promise<WebAssembly.Module> | undefined;

  /** @internal */
  constructor(
    /** The compiled module of voters, which can be sent to a worker. */
    readonly module: CompiledModule,
    private readonly verifierSource: WasmSource | undefined,
  ) {}

  /**
   * Opens an election: reads manifest, key ceremony, roll and board, and checks everything that can be checked.
   *
   * @throws {@link BallottaError} `other-election` if the record does not have the given fingerprint.
   */
  async openElection(record: RecordSource, electionOptions: ElectionOptions): Promise<Election> {
    const { fingerprint, language } = options(electionOptions, 'options', ['fingerprint', 'language']);
    const expected = pin(fingerprint);
    const pinned = expected !== 'unpinned';
    const preferred = language === undefined ? undefined : text(language, 'language', 64);
    const from = source(record);
    const instance = await Instance.of(this.module, instantiate);
    try {
      const files = await gather(instance, from, false);
      const raw = instance.call((module) => new module.RawElection(files, pinned ? expected : ''));
      return new Election(instance, raw, pinned, preferred);
    } catch (error) {
      instance.end();
      throw error;
    }
  }

  /** Verifies a record. If the record does not hold, the report says so; this is not an error. */
  async verify(record: RecordSource, verifyOptions?: VerifyOptions): Promise<Report> {
    const { fingerprint = '', checkpoint = new Uint8Array(), stage = 'complete', onProgress } = verification(verifyOptions);
    const from = source(record);
    const instance = await this.verifying();
    // An exception of the caller's function must not unwind through the library; it is thrown again afterwards.
    let thrown: { error: unknown } | undefined;
    const progress = (stage: string, done: number, total: number) => {
      try {
        if (!thrown) onProgress?.({ stage: stage as Progress['stage'], done, total });
      } catch (error) {
        thrown = { error };
      }
    };
    try {
      const files = await gather(instance, from, true);
      const report = instance.call((module) => {
        module.progress.report = progress;
        return module.verify_record(files, from.listed, fingerprint, checkpoint, stage);
      });
      if (thrown) throw thrown.error;
      return parseExact<Report>(report);
    } finally {
      instance.end();
    }
  }

  /** An instance of the module that verifies. The module is fetched once, and again if that failed. */
  private async verifying(): Promise<Instance<RawVerifier>> {
    this.verifier ??= compileVerifier(this.verifierSource);
    let parts: [WebAssembly.Module, typeof import('./raw-verifier.js')];
    try {
      parts = await Promise.all([this.verifier, import('./raw-verifier.js')]);
    } catch (error) {
      this.verifier = undefined;
      throw error instanceof BallottaError ? error : new BallottaError('network', 'raw-verifier.js cannot be read', 'raw-verifier.js');
    }
    const [module, glue] = parts;
    return Instance.of(module, glue.instantiate);
  }
}

/** An election that was read. `free()` wipes it with everything that was made from it. */
export class Election extends Texts implements AnyElection {
  /** The fingerprint that manifest, ceremony and roll give. */
  readonly fingerprint: string;
  /** The fingerprint in its written form, `F-..`: what a person compares. The page shows the whole value below it. */
  readonly writtenFingerprint: string;
  /** Whether the caller gave the fingerprint. If not, the voter must compare it with the one from another source. */
  readonly pinned: boolean;
  /** The state of the board when the election was opened. */
  readonly board: BoardState;

  /** @internal */
  constructor(
    private readonly instance: Instance<RawVoter>,
    private readonly raw: RawElection,
    pinned: boolean,
    language: string | undefined,
  ) {
    super(instance.call(() => new TextDecoder().decode(raw.manifest())), language);
    this.fingerprint = instance.call(() => raw.fingerprint());
    this.writtenFingerprint = instance.call(() => raw.written_fingerprint());
    this.board = instance.call(() => parse<BoardState>(raw.board()));
    this.pinned = pinned;
  }

  /**
   * Whether as many witnesses as the election asks for have cosigned the board lately, as it was read, by a time in seconds since
   * 1970; the default is the clock of the device. In the state `old`, say that this copy of the board may be old: fewer witnesses
   * than the election asks for have cosigned it in the last `limit` seconds. It accuses nobody: the clock may be wrong.
   */
  freshness(now?: number): Freshness {
    const time = seconds(now);
    return this.instance.call(() => parse(this.raw.freshness(time)));
  }

  /**
   * The identifiers of a contest's options in the order in which a page shows them to a voter, if the `order` of the contest is
   * `random`. Draw 32 random bytes once for each voter and keep them, so that the voter sees the same order again.
   */
  drawnOrder(contest: string, seed: Uint8Array): readonly string[] {
    const [id, drawn] = [text(contest, 'contest', 64), bytes(seed, 'seed')];
    return this.instance.call(() => parse(this.raw.drawn_order(id, drawn)));
  }

  /**
   * Returns everything that the rules of a ballot style do not allow; an empty list if the choices can be cast. `weight`
   * is the weight of the credential, which a voter divides in a contest of the kind `split`.
   */
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
  credential(code: string | readonly string[]): Credential {
    const letters = new TextEncoder().encode(codes(code));
    return new Credential(this.instance, this.instance.call(() => wiping(letters, () => this.raw.credential(letters))));
  }

  /**
   * Checks on a second device that an opened ballot contains what the first device showed. `tracker` is the one that the
   * voter wrote down before the ballot was opened: the written form, or 64 hexadecimal digits. `voterNumber` is the one
   * that came with the voting code; never take it from the first device.
   *
   * @throws {@link BallottaError} `typing-slip` if one of them was mistyped; `other-tracker`, `other-voter`,
   * `ballot-mismatch`: the first device cheated. Do not vote with it. `number-revoked`, `code-replaced`: the voter has an older and
   * a newer letter, and checks again with the number in the other one. `unknown-number` if no voter has this number.
   */
  checkOpening(opening: Uint8Array, tracker: string, voterNumber: string): CheckedOpening {
    const [copy, shown, voter] = [bytes(opening, 'opening'), typed(tracker, 'tracker'), typed(voterNumber, 'voterNumber')];
    const opened = this.instance.call(() => parse<CheckedOpening & { weight: string }>(wiping(copy, () => this.raw.check_opening(copy, shown, voter))));
    return { ...opened, weight: BigInt(opened.weight) };
  }

  /**
   * The state of a voter's ballot, on the board as it was when the election was opened. `tracker` and `voterNumber` are
   * those of `checkOpening`.
   *
   * @throws {@link BallottaError} `typing-slip` if one of them was mistyped, `unknown-number` if no voter has this number.
   */
  findBallot(tracker: string, voterNumber: string): FoundBallot {
    const [shown, voter] = [typed(tracker, 'tracker'), typed(voterNumber, 'voterNumber')];
    return this.instance.call(() => parse(this.raw.find(shown, voter)));
  }

  /**
   * Returns the text of a message file with these bytes: what `cast()` or `open()` returned. The command, ballot boxes and
   * other devices read it. The text of an opening shows the choices.
   */
  toText(kind: MessageKind, content: Uint8Array): string {
    const [opening, copy] = [isOpening(kind), bytes(content, 'bytes')];
    const first = this.instance.call((module) => module.first_line(opening));
    return wiping(copy, () => `${first}\n${base64(copy)}\n`);
  }

  /**
   * Returns the bytes of a message file: the ballot, or the opening for `checkOpening`. A byte order mark, carriage
   * returns and empty last lines are accepted.
   *
   * @throws {@link BallottaError} `bad-text` if the text is not a message file of this kind.
   */
  fromText(kind: MessageKind, content: string): Uint8Array {
    const [opening, given] = [isOpening(kind), text(content, 'text', MAX_TEXT)];
    return this.instance.call((module) => module.from_text(opening, given));
  }

  /** Wipes the election, its credentials and its prepared ballots. */
  free(): void {
    this.instance.end();
  }

  /** Wipes the election, its credentials and its prepared ballots. */
  [dispose](): void {
    this.free();
  }
}

/** A voter's credential, which is on the roll of its election. */
export class Credential implements AnyCredential {
  /** The voter number, `N-XXXXX-XXXXX-XXXXX`: the voter compares it with the one that came with the voting code. */
  readonly voterNumber: string;
  /** The identifier of the voter's ballot style. */
  readonly style: string;
  /** The weight of the voter's ballots. */
  readonly weight: bigint;
  private prepared = 0n;
  private freed = false;

  /** @internal */
  constructor(
    private readonly instance: Instance,
    private readonly raw: RawCredential,
  ) {
    this.voterNumber = instance.call(() => raw.voter_number());
    this.style = instance.call(() => raw.style());
    this.weight = instance.call(() => raw.weight());
  }

  /**
   * The tracker of the ballot that a new ballot replaces, or `null` if there is none.
   *
   * @throws {@link BallottaError} `ballot-limit` if the voter has cast as many ballots as the election allows.
   */
  predecessor(): string | null {
    return this.call(() => this.raw.predecessor() ?? null);
  }

  /**
   * Encrypts a ballot. Show its tracker before the voter decides whether to open or to cast it.
   *
   * `previous` is the `tracker` of the ballot that the new one replaces, `null` for a first ballot. The default comes from
   * the board as it was when the election was opened. The value is not checked: give it only if the board has newer
   * entries. A ballot with a wrong predecessor is void.
   *
   * @throws {@link BallottaError} `choices-not-allowed` with everything that is wrong, `not-open`, `closed`.
   */
  prepare(choices: Choices, prepareOptions?: { readonly previous?: string | null }): PreparedBallot {
    const json = choicesJson(choices);
    const { previous } = options(prepareOptions, 'options', ['previous']);
    const behind = previous === undefined ? this.predecessor() : previous;
    const tracker = behind === null ? '' : hash(behind, 'previous');
    // The millisecond and the number of prepared ballots make ballots differ even if the random source repeats itself.
    const counter = BigInt.asUintN(64, (BigInt(Date.now()) << 20n) | this.prepared);
    this.prepared += 1n;
    return new PreparedBallot(this.instance, this.call(() => wiping(json, () => this.raw.prepare(json, tracker, counter))));
  }

  /** Wipes the credential. Ballots that it prepared can still be cast. */
  free(): void {
    // If the election was freed, this is already wiped.
    if (!this.freed && !this.instance.ended) this.call(() => this.raw.free());
    this.freed = true;
  }

  /** Wipes the credential. Ballots that it prepared can still be cast. */
  [dispose](): void {
    this.free();
  }

  private call<T>(work: () => T): T {
    if (this.freed) throw new BallottaError('gone', 'the credential was freed');
    return this.instance.call(work);
  }
}
