// The types of what wasm-bindgen generates from `src/`. `cargo xtask wasm` wraps it in a function, so that every call has
// a module of its own. This is the module of voters, `ballotta.wasm`; `raw-verifier.d.ts` has the one that verifies.

export interface RawFetch {
  wanted(): Uint8Array;
  add(path: string, bytes: Uint8Array): void;
  absent(path: string): void;
  free(): void;
}

export interface RawElection {
  fingerprint(): string;
  written_fingerprint(): string;
  manifest(): Uint8Array;
  board(): Uint8Array;
  freshness(now: number): Uint8Array;
  drawn_order(contest: string, seed: Uint8Array): Uint8Array;
  check_choices(choices: Uint8Array, style: string, weight: bigint): Uint8Array;
  credential(code: Uint8Array): RawCredential;
  check_opening(opening: Uint8Array, tracker: string, voter: string): Uint8Array;
  find(tracker: string, voter: string): Uint8Array;
  free(): void;
}

export interface RawCredential {
  voter_number(): string;
  style(): string;
  weight(): bigint;
  predecessor(): string | undefined;
  prepare(choices: Uint8Array, previous: string, counter: bigint): RawPrepared;
  free(): void;
}

export interface RawPrepared {
  tracker(): string;
  written_tracker(): string;
  open(): Uint8Array;
  cast(): Uint8Array;
  free(): void;
}

/** What all modules have. */
export interface RawModule {
  init(options: { module_or_path: WebAssembly.Module }): Promise<{ memory: WebAssembly.Memory }>;
}

/** What the modules have that read whole files. */
export interface Raw extends RawModule {
  readonly RawFetch: new (whole: boolean) => RawFetch;
}

export interface RawVoter extends Raw {
  first_line(opening: boolean): string;
  from_text(opening: boolean, text: string): Uint8Array;
  readonly RawElection: new (fetch: RawFetch, fingerprint: string) => RawElection;
}

export function instantiate(): RawVoter;
