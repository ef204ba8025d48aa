/**
 * The library in a Web Worker: the same methods, with promises, and a page that stays responsive.
 *
 * @packageDocumentation
 */

import { BallottaError, type ErrorCode, invalid } from './errors.js';
import { bytes, codes, hash, isOpening, keptBoard, options, pin, plain, seconds, text, typed, verification, weight as heavy } from './input.js';
import { source } from './record.js';
import { Texts } from './texts.js';
import type {
  AnyCredential,
  AnyElection,
  AnyPreparedBallot,
  BoardState,
  CheckedOpening,
  ChoiceProblem,
  Choices,
  ElectionOptions,
  CompiledModule,
  FoundBallot,
  Freshness,
  LightBoardState,
  LightElectionOptions,
  LightFoundBallot,
  LightPromisedBallot,
  LightReceipt,
  MessageKind,
  Progress,
  RecordSource,
  Report,
  Thread,
  VerifyOptions,
} from './types.js';

export { BallottaError, type ErrorCode } from './errors.js';
export { Texts } from './texts.js';
export type * from './types.js';

/** @internal */
export interface Call {
  readonly id: number;
  readonly target: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** @internal */
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly progress?: unknown;
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly field: string; readonly cause?: Error };
}

const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);
const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

interface Waiting {
  resolve(value: never): void;
  reject(error: unknown): void;
  progress: ((progress: Progress) => void) | undefined;
}

/** The progress function and the abort signal of a waiting call. */
interface Listening {
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

class Line {
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private ended = false;
  /** Whether the worker has sent an answer yet. */
  private heard = false;

  constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: { data: Answer }) => this.answered(data);
    worker.onerror = () => {
      if (this.heard) this.end('internal', 'the worker failed');
      else this.end('no-worker', 'worker-thread.js cannot be loaded: pass a `worker` that runs it', 'worker-thread.js');
    };
    worker.onmessageerror = () => this.end('internal', 'an answer of the worker cannot be read');
  }

  call<T>(target: number, method: string, args: readonly unknown[], { progress, signal }: Listening = {}): Promise<T> {
    if (this.ended) return Promise.reject(new BallottaError('gone', 'the worker was ended'));
    this.last += 1;
    const id = this.last;
    const answered = new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, progress });
      try {
        this.worker.postMessage({ id, target, method, args } satisfies Call);
      } catch {
        this.waiting.delete(id);
        reject(new BallottaError('invalid-input', 'an argument cannot be sent to a worker'));
      }
    });
    if (signal === undefined) return answered;
    const abort = () => {
      if (!this.ended) this.worker.postMessage({ id, target: 0, method: 'abort', args: [] } satisfies Call);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    return answered.finally(() => signal.removeEventListener('abort', abort));
  }

  /** Frees an object of the worker. When the worker ends, everything is freed. */
  async free(handle: number): Promise<void> {
    try {
      await this.call(handle, 'free', []);
    } catch (error) {
      if (!this.ended) throw error;
    }
  }

  end(code: ErrorCode, message: string, field = ''): void {
    this.ended = true;
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(new BallottaError(code, message, field));
    this.waiting.clear();
  }

  private answered(answer: Answer): void {
    this.heard = true;
    const waiting = this.waiting.get(answer.id);
    // Only own properties are read, so that a property that a page adds to all objects is not taken as an answer.
    if (Object.hasOwn(answer, 'progress')) {
      waiting?.progress?.(answer.progress as Progress);
      return;
    }
    this.waiting.delete(answer.id);
    const error = Object.hasOwn(answer, 'error') ? answer.error : undefined;
    if (error) waiting?.reject(new BallottaError(error.code, error.message, error.field, error.cause === undefined ? undefined : { cause: error.cause }));
    else waiting?.resolve(answer.value as never);
  }
}

/**
 * Loads the library in a new worker. `module` and `verifier` are compiled modules that the page already has. `worker` is a
 * worker that runs `ballotta/worker-thread`, for bundlers that do not find it by themselves.
 */
export async function loadWorker(loadOptions?: {
  readonly module?: CompiledModule;
  readonly verifier?: CompiledModule;
  readonly worker?: Thread;
}): Promise<BallottaWorker> {
  const { module, verifier, worker } = options(loadOptions, 'options', ['module', 'verifier', 'worker']);
  return new BallottaWorker(await started(worker, 'load', { module, verifier }));
}

/**
 * Loads the light client in a new worker. `module` is the compiled module `light.wasm`, if the page already has it, or a promise
 * of it: then the worker starts meanwhile. `worker` is as for {@link loadWorker}.
 */
export async function loadLightWorker(loadOptions?: {
  readonly module?: CompiledModule | PromiseLike<CompiledModule>;
  readonly worker?: Thread;
}): Promise<LightWorker> {
  const { module, worker } = options(loadOptions, 'options', ['module', 'worker']);
  return new LightWorker(await started(worker, 'loadLight', { module }));
}

async function started(worker: unknown, method: string, modules: Record<string, unknown>): Promise<Line> {
  const isLight = method === 'loadLight';
  const isPromise = (given: unknown) => isLight && typeof (given as PromiseLike<unknown> | null | undefined)?.then === 'function';
  const check = (name: string, given: unknown) => {
    const compiled = typeof WebAssembly !== 'undefined' && given instanceof WebAssembly.Module;
    if (given !== undefined && !compiled) throw invalid(name, 'expected a compiled module');
  };
  for (const [name, given] of Object.entries(modules)) if (!isPromise(given)) check(name, given);
  if (worker !== undefined && typeof (worker as Worker | null)?.postMessage !== 'function') throw invalid('worker', 'expected a Worker');
  if (worker === undefined && typeof Worker === 'undefined') throw new BallottaError('no-worker', 'workers are not available here');
  const thread = worker ?? new Worker(new URL('./worker-thread.js', import.meta.url), { type: 'module', name: 'ballotta' });
  const line = new Line(thread as Worker);
  try {
    // The worker loads its code while the module is compiled.
    const begun = isLight ? line.call(0, 'beginLight', []) : undefined;
    const ready = await Promise.all(Object.values(modules));
    Object.keys(modules).forEach((name, place) => check(name, ready[place]));
    await begun;
    await line.call(0, method, ready);
  } catch (error) {
    line.end('gone', 'the worker was ended');
    throw error;
  }
  return line;
}

/** The light client in a worker, with the methods of {@link light!BallottaLight}. */
export class LightWorker {
  /** @internal */
  constructor(private readonly line: Line) {}

  /** See {@link light!BallottaLight.openElection}. A `fetch` function of the caller cannot be sent to a worker. */
  async openElection(record: RecordSource, electionOptions: LightElectionOptions): Promise<WorkerLightElection> {
    const { fingerprint, language, kept } = options(electionOptions, 'options', ['fingerprint', 'language', 'kept']);
    const asked = language === undefined ? undefined : text(language, 'language', 64);
    const given = { fingerprint: pin(fingerprint), ...(asked === undefined ? {} : { language: asked }), ...(kept === undefined ? {} : { kept: keptBoard(kept) }) };
    const { files, signal } = handed(record);
    return new WorkerLightElection(this.line, await this.line.call<Opened>(0, 'openElection', [files, given], { signal }), asked);
  }

  /** Ends the worker and everything in it. */
  terminate(): void {
    this.line.end('gone', 'the worker was ended');
  }

  /** Ends the worker. */
  [dispose](): void {
    this.terminate();
  }
}

/** The library in a worker, with the methods of {@link index!Ballotta}. */
export class BallottaWorker {
  /** @internal */
  constructor(private readonly line: Line) {}

  /** See {@link index!Ballotta.openElection}. A `fetch` function of the caller cannot be sent to a worker. */
  async openElection(record: RecordSource, electionOptions: ElectionOptions): Promise<WorkerElection> {
    const { fingerprint, language } = options(electionOptions, 'options', ['fingerprint', 'language']);
    const asked = language === undefined ? undefined : text(language, 'language', 64);
    const pinned = { fingerprint: pin(fingerprint), ...(asked === undefined ? {} : { language: asked }) };
    const { files, signal } = handed(record);
    const opened = await this.line.call<Opened>(0, 'openElection', [files, pinned], { signal });
    return new WorkerElection(this.line, opened, asked);
  }

  /** See {@link index!Ballotta.verify}. */
  async verify(record: RecordSource, verifyOptions?: VerifyOptions): Promise<Report> {
    const { onProgress: progress, ...asked } = verification(verifyOptions);
    const { files, signal } = handed(record);
    return this.line.call(0, 'verify', [files, asked], { progress, signal });
  }

  /** Ends the worker and everything in it. */
  terminate(): void {
    this.line.end('gone', 'the worker was ended');
  }

  /** Ends the worker. */
  [dispose](): void {
    this.terminate();
  }
}

interface Opened {
  readonly handle: number;
  readonly manifest: string;
  readonly fingerprint: string;
  readonly writtenFingerprint: string;
  readonly pinned: boolean;
  readonly board: BoardState;
}

/** What the elections of both clients have in common. */
abstract class InWorker extends Texts {
  /** The fingerprint that manifest, ceremony and roll give. */
  readonly fingerprint: string;
  /** The fingerprint in its written form, `F-..`: what a person compares. The page shows the whole value below it. */
  readonly writtenFingerprint: string;
  /** Whether the caller gave the fingerprint. */
  readonly pinned: boolean;
  /** @internal */
  protected readonly handle: number;

  /** @internal */
  constructor(
    /** @internal */
    protected readonly line: Line,
    { handle, manifest, fingerprint, writtenFingerprint, pinned }: Opened,
    language: string | undefined,
  ) {
    super(manifest, language);
    this.handle = handle;
    this.fingerprint = fingerprint;
    this.writtenFingerprint = writtenFingerprint;
    this.pinned = pinned;
  }

  /** See {@link index!Election.freshness}. */
  async freshness(now?: number): Promise<Freshness> {
    return this.line.call(this.handle, 'freshness', [seconds(now)]);
  }

  /** See {@link index!Election.drawnOrder}. */
  async drawnOrder(contest: string, seed: Uint8Array): Promise<readonly string[]> {
    return this.line.call(this.handle, 'drawnOrder', [text(contest, 'contest', 64), bytes(seed, 'seed')]);
  }

  /** See {@link index!Election.checkChoices}. */
  async checkChoices(choices: Choices, style: string, weight: bigint = 1n): Promise<readonly ChoiceProblem[]> {
    return this.line.call(this.handle, 'checkChoices', [copied(choices), text(style, 'style', 64), heavy(weight)]);
  }

  /** See {@link index!Election.credential}. */
  async credential(code: string | readonly string[]): Promise<WorkerCredential> {
    return new WorkerCredential(this.line, await this.line.call(this.handle, 'credential', [codes(code)]));
  }

  /** See {@link index!Election.checkOpening}. */
  async checkOpening(opening: Uint8Array, tracker: string, voterNumber: string): Promise<CheckedOpening> {
    return this.line.call(this.handle, 'checkOpening', [bytes(opening, 'opening'), typed(tracker, 'tracker'), typed(voterNumber, 'voterNumber')]);
  }

  /** See {@link index!Election.toText}. */
  async toText(kind: MessageKind, content: Uint8Array): Promise<string> {
    isOpening(kind);
    return this.line.call(this.handle, 'toText', [kind, bytes(content, 'bytes')]);
  }

  /** See {@link index!Election.fromText}. */
  async fromText(kind: MessageKind, content: string): Promise<Uint8Array> {
    isOpening(kind);
    return this.line.call(this.handle, 'fromText', [kind, text(content, 'text', 24 << 20)]);
  }

  /** Wipes the election, its credentials and its prepared ballots. */
  async free(): Promise<void> {
    await this.line.free(this.handle);
  }

  /** Wipes the election, its credentials and its prepared ballots. */
  [asyncDispose](): Promise<void> {
    return this.free();
  }
}

/** An election in the worker, with the methods of {@link index!Election}. */
export class WorkerElection extends InWorker implements AnyElection {
  /** The state of the board when the election was opened. */
  readonly board: BoardState;

  /** @internal */
  constructor(line: Line, opened: Opened, language: string | undefined) {
    super(line, opened, language);
    this.board = opened.board;
  }

  /** See {@link index!Election.findBallot}. */
  async findBallot(tracker: string, voterNumber: string): Promise<FoundBallot> {
    return this.line.call(this.handle, 'findBallot', [typed(tracker, 'tracker'), typed(voterNumber, 'voterNumber')]);
  }
}

/** An election in a light worker, with the methods of {@link light!LightElection}. */
export class WorkerLightElection extends InWorker {
  private state: LightBoardState;

  /** @internal */
  constructor(line: Line, opened: Opened, language: string | undefined) {
    super(line, opened, language);
    this.state = opened.board as LightBoardState;
  }

  /** The state of the board as it was read last. Keep it for the next visit: it is the option `kept`. */
  get board(): LightBoardState {
    return this.state;
  }

  /** See {@link light!LightElection.findBallot}. */
  async findBallot(tracker: string, voterNumber: string): Promise<LightFoundBallot> {
    const asked = [typed(tracker, 'tracker'), typed(voterNumber, 'voterNumber')];
    const { found, board } = await this.line.call<{ found: LightFoundBallot; board: LightBoardState }>(this.handle, 'findBallot', asked);
    this.state = board;
    return found;
  }

  /** See {@link light!LightElection.readReceipt}. */
  async readReceipt(receipt: string): Promise<LightReceipt> {
    return this.line.call(this.handle, 'readReceipt', [text(receipt, 'receipt', 4096)]);
  }

  /** See {@link light!LightElection.checkReceipt}. */
  async checkReceipt(receipt: string, tracker: string, voterNumber: string): Promise<LightPromisedBallot> {
    const asked = [text(receipt, 'receipt', 4096), typed(tracker, 'tracker'), typed(voterNumber, 'voterNumber')];
    const { found, board } = await this.line.call<{ found: LightPromisedBallot; board: LightBoardState }>(this.handle, 'checkReceipt', asked);
    this.state = board;
    return found;
  }

  /** See {@link light!LightElection.refresh}. */
  async refresh(): Promise<void> {
    this.state = await this.line.call(this.handle, 'refresh', []);
  }
}

/** A credential in the worker, with the methods of {@link index!Credential}. */
export class WorkerCredential implements AnyCredential {
  /** The voter number. */
  readonly voterNumber: string;
  /** The identifier of the voter's ballot style. */
  readonly style: string;
  /** The weight of the voter's ballots. */
  readonly weight: bigint;
  private readonly handle: number;

  /** @internal */
  constructor(
    private readonly line: Line,
    { handle, voterNumber, style, weight }: { handle: number; voterNumber: string; style: string; weight: bigint },
  ) {
    this.handle = handle;
    this.voterNumber = voterNumber;
    this.style = style;
    this.weight = weight;
  }

  /** See {@link index!Credential.predecessor}. */
  async predecessor(): Promise<string | null> {
    return this.line.call(this.handle, 'predecessor', []);
  }

  /** See {@link index!Credential.prepare}. */
  async prepare(choices: Choices, prepareOptions?: { readonly previous?: string | null }): Promise<WorkerPreparedBallot> {
    const { previous } = options(prepareOptions, 'options', ['previous']);
    const behind = previous === undefined ? {} : { previous: previous === null ? null : hash(previous, 'previous') };
    return new WorkerPreparedBallot(this.line, await this.line.call(this.handle, 'prepare', [copied(choices), behind]));
  }

  /** Wipes the credential. */
  async free(): Promise<void> {
    await this.line.free(this.handle);
  }

  /** Wipes the credential. */
  [asyncDispose](): Promise<void> {
    return this.free();
  }
}

/** A prepared ballot in the worker, with the methods of {@link index!PreparedBallot}. */
export class WorkerPreparedBallot implements AnyPreparedBallot {
  /** The tracker for programs: 64 hexadecimal digits. */
  readonly tracker: string;
  /** The tracker for people, `T-XXXXX-...`. */
  readonly writtenTracker: string;
  private readonly handle: number;

  /** @internal */
  constructor(
    private readonly line: Line,
    { handle, tracker, writtenTracker }: { handle: number; tracker: string; writtenTracker: string },
  ) {
    this.handle = handle;
    this.tracker = tracker;
    this.writtenTracker = writtenTracker;
  }

  /** See {@link index!PreparedBallot.open}. */
  async open(): Promise<Uint8Array> {
    return this.line.call(this.handle, 'open', []);
  }

  /** See {@link index!PreparedBallot.cast}. */
  async cast(): Promise<Uint8Array> {
    return this.line.call(this.handle, 'cast', []);
  }

  /** Wipes the ballot. */
  async free(): Promise<void> {
    await this.line.free(this.handle);
  }

  /** Wipes the ballot. */
  [asyncDispose](): Promise<void> {
    return this.free();
  }
}

/** A record in the form that is sent to the worker. */
function handed(record: RecordSource): { files: unknown; signal: AbortSignal | undefined } {
  const { listed, all, url, signal } = source(record);
  if (listed) return { files: all, signal };
  if (url === undefined) throw invalid('fetch', 'a function cannot be sent to a worker');
  return { files: { url }, signal };
}

/** A copy of the choices for the worker, which copies them again. The copies have no prototype. */
function copied(choices: Choices): unknown {
  return plain(choices, 'choices');
}
