// What wasm-bindgen makes of `src/`, as `cargo xtask wasm` wraps it: a function, so that every call has a module of its own.

export interface RawFetch {
  wanted(): Uint8Array;
  add(path: string, bytes: Uint8Array): void;
  absent(path: string): void;
  free(): void;
}

export interface RawElection {
  fingerprint(): string;
  manifest(): Uint8Array;
  board(): Uint8Array;
  check_choices(choices: Uint8Array, style: string): Uint8Array;
  credential(code: Uint8Array): RawCredential;
  check_opening(opening: Uint8Array, tracker: string): Uint8Array;
  find(tracker: string): Uint8Array;
  free(): void;
}

export interface RawCredential {
  short_form(): string;
  style(): string;
  weight(): bigint;
  predecessor(): string | undefined;
  prepare(choices: Uint8Array, previous: string, counter: bigint): RawPrepared;
  free(): void;
}

export interface RawPrepared {
  tracker(): string;
  open(): Uint8Array;
  cast(): Uint8Array;
  free(): void;
}

export interface RawProgress {
  report(stage: string, done: number, total: number): void;
}

export interface Raw {
  init(options: { module_or_path: WebAssembly.Module }): Promise<{ memory: WebAssembly.Memory }>;
  readonly RawFetch: new (whole: boolean) => RawFetch;
  readonly RawElection: new (fetch: RawFetch, fingerprint: string) => RawElection;
  verify_record(
    fetch: RawFetch,
    listed: boolean,
    fingerprint: string,
    checkpoint: Uint8Array,
    stage: string,
    progress: RawProgress,
  ): Uint8Array;
}

export function instantiate(): Raw;
