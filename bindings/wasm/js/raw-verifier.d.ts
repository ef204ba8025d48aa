// The types of the module that verifies, `verify.wasm`: see `raw.d.ts`.

import type { Raw, RawFetch } from './raw.js';

export interface RawVerifier extends Raw {
  verify_record(
    fetch: RawFetch,
    listed: boolean,
    fingerprint: string,
    checkpoint: Uint8Array,
    stage: string,
  ): Uint8Array;
  /** The receiver of progress; the caller sets `report`. */
  readonly progress: { report(stage: string, done: number, total: number): void };
}

export function instantiate(): RawVerifier;
