// The module that verifies, `verify.wasm`: see `raw.d.ts`.

import type { Raw, RawFetch } from './raw.js';

export interface RawProgress {
  report(stage: string, done: number, total: number): void;
}

export interface RawVerifier extends Raw {
  verify_record(
    fetch: RawFetch,
    listed: boolean,
    fingerprint: string,
    checkpoint: Uint8Array,
    stage: string,
    progress: RawProgress,
  ): Uint8Array;
}

export function instantiate(): RawVerifier;
