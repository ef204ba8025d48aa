// Records: from the caller's files, or file by file from a web server.

import { BallottaError, invalid } from './errors.js';
import { bytes, options, own } from './input.js';
import { Instance, parse } from './instance.js';
import type { RecordSource } from './types.js';
import type { RawFetch } from './raw.js';

type Read = (path: string, limit: number) => Promise<Uint8Array | null>;

/** How many files are fetched at the same time. */
const AT_ONCE = 8;

/** Where a record comes from, taken down before anything waits. */
export interface Source {
  /** Whether all its files are known: then none lies in it unseen. */
  readonly listed: boolean;
  readonly all: ReadonlyMap<string, Uint8Array>;
  /** The address it is fetched from by the global `fetch`. */
  readonly url?: string;
  readonly read: Read;
}

/** Takes down where a record comes from. */
export function source(record: RecordSource): Source {
  const entries = record instanceof Map ? new Map<unknown, unknown>(record) : own(record, 'record');
  if (!(record instanceof Map) && entries.has('url')) {
    const { url, fetch } = options(record, 'record', ['url', 'fetch']);
    const base = address(url);
    return { listed: false, all: new Map(), read: fromUrl(base, fetch), ...(fetch === undefined ? { url: base.href } : {}) };
  }
  const all = new Map<string, Uint8Array>();
  for (const [path, file] of entries) {
    if (typeof path !== 'string') throw invalid('record', 'a path is not a string');
    all.set(path, bytes(file, path));
  }
  return { listed: true, all, read: async (path) => all.get(path) ?? null };
}

/** Gathers the files that are needed: of a record that is verified, all. */
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

function address(url: unknown): URL {
  const text = url instanceof URL ? url.href : url;
  if (typeof text !== 'string') throw invalid('url', 'expected a string or a URL');
  try {
    return new URL(text.endsWith('/') ? text : `${text}/`, globalThis.location?.href);
  } catch {
    throw invalid('url', 'not an address');
  }
}

function fromUrl(base: URL, fetcher: unknown): Read {
  if (fetcher !== undefined && typeof fetcher !== 'function') throw invalid('fetch', 'expected a function');
  const fetch = (fetcher ?? globalThis.fetch) as (url: URL, init: RequestInit) => Promise<Response>;
  return async (path, limit) => {
    // Names of files come from the record: none leads out of its folder.
    const url = new URL(path.split('/').map(encodeURIComponent).join('/'), base);
    if (!url.href.startsWith(base.href)) throw new BallottaError('unreadable-file', 'the path leads out of the record', path);
    const failed = (reason: string) => new BallottaError('network', `${path}: ${reason}`, path);
    let response: Response;
    try {
      response = await fetch(url, Object.assign(Object.create(null), { credentials: 'omit', redirect: 'error', cache: 'no-cache' }));
    } catch {
      throw failed('the server cannot be reached');
    }
    if (response.status === 404 || response.status === 410) return null;
    if (!response.ok) throw failed(`the server answers ${response.status}`);
    try {
      return await upTo(response, limit);
    } catch (error) {
      throw error instanceof BallottaError ? error : failed('the connection broke');
    }

    async function upTo(response: Response, limit: number): Promise<Uint8Array> {
      const parts: Uint8Array[] = [];
      let length = 0;
      const reader = response.body?.getReader();
      while (reader) {
        const { done, value } = await reader.read();
        if (done) break;
        length += value.length;
        if (length > limit) {
          await reader.cancel();
          throw new BallottaError('unreadable-file', `${path}: the file is longer than it may be`, path);
        }
        parts.push(value);
      }
      const whole = new Uint8Array(length);
      let offset = 0;
      for (const part of parts) {
        whole.set(part, offset);
        offset += part.length;
      }
      return whole;
    }
  };
}
