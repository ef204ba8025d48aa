// A ballot between its encryption and its last use, for both clients of voters.

import { BallottaError } from './errors.js';
import type { Instance } from './instance.js';
import type { RawModule, RawPrepared } from './raw.js';
import type { AnyPreparedBallot } from './types.js';

/** The symbol for `using`, also in runtimes that do not define it. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/** An encrypted ballot, which can be opened or cast, once. */
export class PreparedBallot implements AnyPreparedBallot {
  /** The tracker for programs: 64 hexadecimal digits. */
  readonly tracker: string;
  /** The tracker for people, `T-XXXXX-...`. The voter writes it down before the choice between opening and casting. */
  readonly writtenTracker: string;
  private used = false;

  /** @internal */
  constructor(
    private readonly instance: Instance<RawModule>,
    private readonly raw: RawPrepared,
  ) {
    this.tracker = instance.call(() => raw.tracker());
    this.writtenTracker = instance.call(() => raw.written_tracker());
  }

  /** Opens the ballot: the bytes are only for the voter's second device, since they show the choices. It can no longer be cast. */
  open(): Uint8Array {
    return this.use(() => this.raw.open());
  }

  /** Signs the ballot: the bytes are for the ballot box. It can no longer be opened. */
  cast(): Uint8Array {
    return this.use(() => this.raw.cast());
  }

  /** Wipes the ballot. */
  free(): void {
    // If the election was freed, this is already wiped.
    if (!this.used && !this.instance.ended) this.instance.call(() => this.raw.free());
    this.used = true;
  }

  /** Wipes the ballot. */
  [dispose](): void {
    this.free();
  }

  private use(work: () => Uint8Array): Uint8Array {
    if (this.used) throw new BallottaError('ballot-used', 'the ballot was already cast, opened or freed: prepare another one');
    // The ballot is kept if there is no randomness to sign with, since nothing was output.
    const bytes = this.instance.call(work);
    this.free();
    return bytes;
  }
}

/** Returns bytes in base64 with padding. */
export function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Calls `work`, then overwrites the secret bytes. */
export function wiping<T>(secret: Uint8Array, work: () => T): T {
  try {
    return work();
  } finally {
    secret.fill(0);
  }
}
