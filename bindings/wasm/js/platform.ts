// The types of the platform that signatures name. They come from the type library that a program includes: `DOM`, or the
// types of Node. A program without one has the smallest type that is enough.

/** The type of a global class, or `Otherwise` if no type library declares it. */
type Global<Name extends string, Otherwise> = typeof globalThis extends { readonly [name in Name]: { prototype: infer Found } } ? Found : Otherwise;

/** An address: the class `URL`. */
export type Url = Global<'URL', { readonly href: string }>;

/** The answer of a server: the class `Response`. */
export type HttpResponse = Global<'Response', { readonly ok: boolean; readonly status: number }>;

/** A signal that aborts requests: the class `AbortSignal`. */
export type Signal = Global<'AbortSignal', { readonly aborted: boolean }>;

/** A thread: the class `Worker`. */
export type Thread = Global<'Worker', { postMessage(message: unknown): void; terminate(): void }>;

/** A compiled module: the class `WebAssembly.Module`. */
export type CompiledModule = typeof globalThis extends { readonly WebAssembly: { readonly Module: { prototype: infer Found } } } ? Found : object;

/** What the library gives to a function that is used in place of `fetch`. */
export interface FetchOptions {
  readonly credentials: 'omit';
  readonly redirect: 'error';
  /** `no-store` for a part of a file. */
  readonly cache: 'no-cache' | 'no-store';
  /** The part of the file that is needed, such as `bytes=0-511`. A function may return the whole file with the status 200. */
  readonly headers?: { readonly Range: string };
  readonly signal?: Signal;
}

/** A value, or a promise of it. */
export type Awaitable<Value> = Value | Promise<Value>;
