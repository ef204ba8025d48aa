// The types of the module that reads an election in small parts, `light.wasm`: see `raw.d.ts`.

import type { RawModule, RawPrepared } from './raw.js';

/** A call that needs parts which are not there returns `undefined`, or `false`. */
export interface RawLight {
  wanted(): Uint8Array;
  add_whole(path: string, bytes: Uint8Array): void;
  add(path: string, offset: number, bytes: Uint8Array): void;
  absent(path: string): void;
  forget(everything: boolean): void;
  open(fingerprint: string, size: bigint, root: string): boolean;
  fingerprint(): string;
  written_fingerprint(): string;
  manifest(): Uint8Array;
  board(): Uint8Array;
  freshness(now: number): Uint8Array;
  drawn_order(contest: string, seed: Uint8Array): Uint8Array;
  check_choices(choices: Uint8Array, style: string, weight: bigint): Uint8Array;
  check_opening(opening: Uint8Array, tracker: string, voter: string): Uint8Array | undefined;
  credential(code: Uint8Array): RawLightCredential | undefined;
  receipt(receipt: string): Uint8Array;
  promised(receipt: string, tracker: string, voter: string): Uint8Array | undefined;
  find(tracker: string, voter: string): Uint8Array | undefined;
  free(): void;
}

export interface RawLightCredential {
  voter_number(): string;
  style(): string;
  weight(): bigint;
  predecessor(from: RawLight): string | undefined;
  prepare(from: RawLight, choices: Uint8Array, previous: string, counter: bigint): RawPrepared;
  free(): void;
}

export interface RawLightModule extends RawModule {
  first_line(opening: boolean): string;
  from_text(opening: boolean, text: string): Uint8Array;
  readonly RawLight: new () => RawLight;
}

export function instantiate(): RawLightModule;
