// One instance of the module for each election and each verification. They share nothing: a panic in one does not affect
// the others, and its content is wiped with its memory.

import { BallottaError, type ErrorCode } from './errors.js';
import type { Raw, RawModule } from './raw.js';

export class Instance<R extends RawModule = Raw> {
  private busy = false;

  private constructor(
    private raw: R | null,
    private readonly memory: WebAssembly.Memory,
  ) {}

  static async of<R extends RawModule>(module: WebAssembly.Module, instantiate: () => R): Promise<Instance<R>> {
    try {
      const raw = instantiate();
      const { memory } = await raw.init({ module_or_path: module });
      return new Instance(raw, memory);
    } catch {
      throw new BallottaError('internal', 'the module cannot be instantiated');
    }
  }

  /** Whether the instance has ended, so that nothing can be called and nothing needs to be wiped. */
  get ended(): boolean {
    return this.raw === null;
  }

  /** Calls into the module. An exception that is not an error of the library is a panic, and ends the instance. */
  call<T>(work: (raw: R) => T): T {
    // A page that replaces `crypto`, or a function of the caller, can call the library again from within.
    if (this.busy) throw new BallottaError('busy', 'the library was called from within one of its calls');
    if (this.raw === null) {
      throw new BallottaError('gone', 'the election was freed or ended by an internal error: open it again');
    }
    this.busy = true;
    try {
      return work(this.raw);
    } catch (error) {
      if (error instanceof BallottaError) throw error;
      if (typeof error === 'string') throw taken(error);
      this.raw = null;
      throw new BallottaError('internal', 'the library failed and everything made from this election is gone: open the election again');
    } finally {
      this.busy = false;
      if (this.raw === null) this.wipe();
    }
  }

  /** Wipes all memory of the instance. If a call is running, the memory is wiped after it. */
  end(): void {
    this.raw = null;
    if (!this.busy) this.wipe();
  }

  private wipe(): void {
    new Uint8Array(this.memory.buffer).fill(0);
  }
}

/** Reads an error in the format of `src/error.rs`. */
function taken(error: string): BallottaError {
  const [code = '', field = '', ...message] = error.split('\n');
  return new BallottaError(code as ErrorCode, message.join('\n'), field);
}

/** Reads JSON from the module. */
export function parse<T>(json: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(json)) as T;
}

const EXACT = /"(ballots|weight|total|blank|counted|base|eligible_voters|eligible_weight|counted_ballots|counted_weight|for|against|average|grades|matrix)":([0-9]+|[0-9,[\]]+\])/g;

/**
 * Reads JSON from the module, with exact counts and lists of counts. A quotation mark within a string has a backslash
 * before it, so the pattern matches only keys.
 */
export function parseExact<T>(json: Uint8Array): T {
  const exact = (counts: string) => counts.replace(/[0-9]+/g, '{"exact":"$&"}');
  const text = new TextDecoder().decode(json).replace(EXACT, (_, key: string, counts: string) => `"${key}":${exact(counts)}`);
  return JSON.parse(text, (_, value) => (isExact(value) ? BigInt(value.exact) : value)) as T;
}

function isExact(value: unknown): value is { exact: string } {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'exact');
}
