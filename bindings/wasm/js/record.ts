// Records, from files of the caller or file by file from a web server.

import { BallottaError, invalid } from './errors.js';
import { bytes, options, own } from './input.js';
import { Instance, parse } from './instance.js';
import type { RecordSource } from './types.js';
import type { RawFetch } from './raw.js';

type Fetch = (url: URL, init: RequestInit) => Promise<Response>;
type Read = (path: string, limit: number) => Promise<Uint8Array | null>;
type ReadPart = (path: string, offset: number, length: number) => Promise<Uint8Array | null>;

/** The most bytes before a part that are read of a server that knows no ranges. */
const MAX_SKIPPED = 256 << 20;

/** The number of files that are fetched at the same time. */
const AT_ONCE = 8;

/** The source of a record, copied from the arguments before anything asynchronous begins. */
export interface Source {
  /** Whether all files of the record are known, so that an additional file is noticed. */
  readonly listed: boolean;
  readonly all: ReadonlyMap<string, Uint8Array>;
  /** The address, if the record is fetched with the global `fetch`. */
  readonly url?: string;
  /** The signal that aborts fetching. */
  readonly signal?: AbortSignal | undefined;
  readonly read: Read;
  /** Reads a part of a file: fewer bytes if the file ends before. */
  readonly part: ReadPart;
}

/** Reads the source of a record from the arguments. */
export function source(record: RecordSource): Source {
  let map: Map<unknown, unknown> | undefined;
  try {
    map = record instanceof Map ? new Map<unknown, unknown>(record) : undefined;
  } catch {
    throw invalid('record', 'the files cannot be read');
  }
  const entries = map ?? own(record, 'record');
  if (map === undefined && entries.size === 0) throw invalid('record', 'expected a Map or an object of files, or { url }');
  if (map === undefined && entries.has('url')) {
    const { url, fetch, signal } = options(record, 'record', ['url', 'fetch', 'signal']);
    if (fetch !== undefined && typeof fetch !== 'function') throw invalid('fetch', 'expected a function');
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', 'expected an AbortSignal');
    const base = address(url, fetch === undefined);
    const answer = fromUrl(base, (fetch ?? globalThis.fetch) as Fetch, signal);
    const read: Read = (path, limit) => answer(path, undefined, (response) => upTo(response, path, limit));
    const part: ReadPart = (path, offset, length) => answer(path, `bytes=${offset}-${offset + length - 1}`, (response) => partOf(response, offset, length));
    return { listed: false, all: new Map(), read, part, signal, ...(fetch === undefined ? { url: base.href } : {}) };
  }
  const all = new Map<string, Uint8Array>();
  for (const [path, file] of entries) {
    if (typeof path !== 'string') throw invalid('record', 'a path is not a string');
    all.set(path, bytes(file, path));
  }
  const misplaced = [...all.keys()].find((path) => /[\\/]manifest\.json$/.test(path));
  if (misplaced !== undefined && !all.has('manifest.json')) {
    throw invalid('record', `paths begin in the folder of the record and have slashes: manifest.json, not ${misplaced}`);
  }
  const part: ReadPart = async (path, offset, length) => all.get(path)?.subarray(offset, offset + length) ?? null;
  return { listed: true, all, read: async (path) => all.get(path) ?? null, part };
}

/** Gathers the files that are needed; with `whole`, all files of the record. */
export async function gather(instance: Instance, source: Source, whole: boolean): Promise<RawFetch> {
  const fetch = instance.call((raw) => new raw.RawFetch(whole));
  if (whole) for (const [path, file] of source.all) instance.call(() => fetch.add(path, file));
  for (;;) {
    const wanted = instance.call(() => parse<{ path: string; limit: number }[]>(fetch.wanted()));
    if (wanted.length === 0) return fetch;
    for (let start = 0; start < wanted.length; start += AT_ONCE) {
      const part = wanted.slice(start, start + AT_ONCE);
      const files = await Promise.all(part.map(({ path, limit }) => source.read(path, limit)));
      part.forEach(({ path }, place) => {
        const file = files[place];
        instance.call(() => (file ? fetch.add(path, file) : fetch.absent(path)));
      });
    }
  }
}

function address(url: unknown, byFetch: boolean): URL {
  const text = url instanceof URL ? url.href : url;
  if (typeof text !== 'string') throw invalid('url', 'expected a string or a URL');
  let address: URL;
  try {
    address = new URL(text.replace(/\/?$/, '/'), globalThis.location?.href);
  } catch {
    throw invalid('url', 'not an address');
  }
  if (/[?#]/.test(text)) throw invalid('url', 'the address of a folder has no ? and no #');
  if (byFetch && !/^https?:$/.test(address.protocol)) throw invalid('url', 'only http: and https: are fetched; hand over files as a Map');
  return address;
}

type Answer = (path: string, range: string | undefined, body: (response: Response) => Promise<Uint8Array>) => Promise<Uint8Array | null>;

function fromUrl(base: URL, fetch: Fetch, signal: AbortSignal | undefined): Answer {
  return async (path, range, body) => {
    // Names of files come from the record, so a name must not lead out of its folder.
    const url = new URL(path.split('/').map(encodeURIComponent).join('/'), base);
    if (!url.href.startsWith(base.href)) throw new BallottaError('unreadable-file', 'the path leads out of the record', path);
    const failed = (reason: string) =>
      signal?.aborted
        ? new BallottaError('aborted', `${path}: the caller aborted the request`, path)
        : new BallottaError('network', `${path}: ${reason}`, path);
    const headers = range === undefined ? {} : { headers: { Range: range } };
    // Browsers fetch parts of one file one after the other if they may store them.
    const cache = range === undefined ? 'no-cache' : 'no-store';
    const init = { credentials: 'omit', redirect: 'error', cache, ...headers, ...(signal === undefined ? {} : { signal }) };
    let response: Response;
    if (signal?.aborted) throw failed('');
    try {
      response = await fetch(url, Object.assign(Object.create(null), init));
    } catch {
      throw failed('the server cannot be reached');
    }
    if (typeof response?.status !== 'number') throw failed('the function `fetch` did not return a Response');
    if (response.status === 404 || response.status === 410) return null;
    // A file that ends before the part.
    if (range !== undefined && response.status === 416) return new Uint8Array();
    if (!response.ok) throw failed(`the server answers ${response.status}`);
    try {
      return await body(response);
    } catch (error) {
      throw error instanceof BallottaError ? error : failed('the connection broke');
    }
  };
}

/** The part of a body that was asked for. A server that knows no ranges sends the whole file, of which no more is read than needed. */
async function partOf(response: Response, offset: number, length: number): Promise<Uint8Array> {
  const start = response.status === 206 ? 0 : offset;
  if (start > MAX_SKIPPED) throw new BallottaError('unreadable-file', 'the server knows no requests for ranges, and the file is too long');
  const part = new Uint8Array(length);
  let read = 0;
  const reader = response.body?.getReader();
  while (reader && read < start + length) {
    const { done, value } = await reader.read();
    if (done) break;
    const skipped = Math.min(value.length, Math.max(0, start - read));
    const taken = value.subarray(skipped, skipped + start + length - Math.max(read, start));
    part.set(taken, Math.max(0, read - start));
    read += value.length;
  }
  await reader?.cancel();
  return part.subarray(0, Math.max(0, Math.min(length, read - start)));
}

/** Reads the body into one buffer that grows, since a server decides how small the parts are. */
async function upTo(response: Response, path: string, limit: number): Promise<Uint8Array> {
  let buffer = new Uint8Array(1 << 12);
  let length = 0;
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    const end = length + value.length;
    if (end > limit) {
      await reader.cancel();
      throw new BallottaError('unreadable-file', `${path}: the file is longer than the limit of its kind`, path);
    }
    if (end > buffer.length) {
      const larger = new Uint8Array(Math.max(end, Math.min(limit, 2 * buffer.length)));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(value, length);
    length = end;
  }
  return buffer.subarray(0, length);
}
