// Every argument of a caller is read once, by its own properties, into new values. Prototypes are not searched, no getter
// is called, and a Proxy is asked once: the checked value is the value that is used.

import { BallottaError, invalid } from './errors.js';
import type { Progress } from './types.js';

const kindOfArray = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!;

/** A JSON value without null, booleans and fractions, since none of them can be part of a choice. */
export type Plain = string | number | readonly Plain[] | { readonly [name: string]: Plain };

type OnProgress = (progress: Progress) => void;

const MAX_DEPTH = 4;
const MAX_ITEMS = 1 << 16;

/** A copy of the bytes of an array. */
export function bytes(value: unknown, field: string): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(value) || kindOfArray.call(value) !== 'Uint8Array') throw invalid(field, 'expected a Uint8Array');
  try {
    return new Uint8Array(value as Uint8Array);
  } catch {
    throw invalid(field, 'the array cannot be read');
  }
}

/** A string of at most `limit` characters. */
export function text(value: unknown, field: string, limit: number): string {
  if (typeof value !== 'string') throw invalid(field, 'expected a string');
  if (value.length > limit) throw invalid(field, `longer than ${limit} characters`);
  return value;
}

/** A limit that is longer than any voting code with spaces and hyphens. */
const MAX_CODE = 256;

/** The voting codes of a voter, one of each credential authority, each on its line. */
export function codes(value: unknown): string {
  if (typeof value === 'string') return text(value, 'code', MAX_CODE);
  const copy = plain(value, 'code');
  if (!Array.isArray(copy)) throw invalid('code', 'expected a string, or an array of strings');
  return (copy as readonly Plain[]).map((code) => text(code, 'code', MAX_CODE)).join('\n');
}

/** The weight of a ballot, as a `bigint`. */
export function weight(value: unknown): bigint {
  if (typeof value !== 'bigint' || value < 1n || value >= 1n << 64n) throw invalid('weight', 'expected a bigint from 1 to 2^64 - 1');
  return value;
}

/** A time in seconds since 1970, without fractions; that of the device if there is none. */
export function seconds(value: unknown): number {
  const now = value === undefined ? Date.now() / 1000 : value;
  if (typeof now !== 'number' || !(now >= 0 && now <= Number.MAX_SAFE_INTEGER)) throw invalid('now', 'expected seconds since 1970');
  return Math.floor(now);
}

/** A tracker, a voter number or a fingerprint as a person typed it, which the library reads. */
export function typed(value: unknown, field: string): string {
  return text(value, field, 256);
}

/** A tracker, as hexadecimal digits. */
export function hash(value: unknown, field: string): string {
  const hash = text(value, field, 64);
  if (!/^[0-9a-f]{64}$/.test(hash)) throw invalid(field, 'expected 64 lower-case hexadecimal digits');
  return hash;
}

/** The fingerprint that an election is opened with. */
export function pin(value: unknown): string {
  if (value === 'unpinned') return value;
  // The library takes an empty fingerprint for none.
  if (typeof value !== 'string' || value === '') throw invalid('fingerprint', "expected a fingerprint, or 'unpinned'");
  return typed(value, 'fingerprint');
}

/** The number of entries and the root of a board that was kept. Its other fields are not read. */
export function keptBoard(value: unknown): { entries: number; root: string } | undefined {
  if (value === undefined) return undefined;
  const { entries, root } = options(value, 'kept', ['entries', 'root', 'opened', 'closed', 'stated', 'voters', 'witnesses']);
  if (typeof entries !== 'number' || !Number.isSafeInteger(entries) || entries < 0) throw invalid('kept', 'expected the number of entries of a board');
  return { entries, root: hash(root, 'kept') };
}

/** Whether a message file is that of an opening. If not, it is that of a ballot. */
export function isOpening(kind: unknown): boolean {
  if (kind !== 'ballot' && kind !== 'ballot-opening') throw invalid('kind', "expected 'ballot' or 'ballot-opening'");
  return kind === 'ballot-opening';
}

/** The options of a verification; an option that was not given is absent. */
export function verification(value: unknown): { fingerprint?: string; checkpoint?: Uint8Array; stage?: string; onProgress?: OnProgress } {
  const names = ['fingerprint', 'checkpoint', 'stage', 'onProgress'] as const;
  const { fingerprint, checkpoint, stage, onProgress } = options(value, 'options', names);
  const asked: ReturnType<typeof verification> = Object.create(null);
  if (fingerprint !== undefined) asked.fingerprint = typed(fingerprint, 'fingerprint');
  if (asked.fingerprint === '') throw invalid('fingerprint', 'the fingerprint is empty');
  if (checkpoint !== undefined) asked.checkpoint = bytes(checkpoint, 'checkpoint');
  if (asked.checkpoint?.length === 0) throw invalid('checkpoint', 'the checkpoint is empty');
  if (stage !== undefined) asked.stage = text(stage, 'stage', 16);
  if (onProgress !== undefined && typeof onProgress !== 'function') throw invalid('onProgress', 'expected a function');
  if (onProgress !== undefined) asked.onProgress = onProgress as OnProgress;
  return asked;
}

/** The options of a call. Options other than `names` are refused. */
export function options<Name extends string>(value: unknown, field: string, names: readonly Name[]): Partial<Record<Name, unknown>> {
  if (value === undefined) return Object.create(null);
  const found = own(value, field);
  for (const name of found.keys()) {
    if (!(names as readonly string[]).includes(name)) throw invalid(field, `there is no option ${JSON.stringify(name)}`);
  }
  return Object.assign(Object.create(null), Object.fromEntries(found)) as Partial<Record<Name, unknown>>;
}

/** The own properties of an object, each read once. */
export function own(value: unknown, field: string): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) throw invalid(field, 'expected an object');
  const found = new Map<string, unknown>();
  try {
    const keys = Reflect.ownKeys(value);
    if (keys.length > MAX_ITEMS) throw invalid(field, 'too many properties');
    for (const key of keys) {
      if (typeof key !== 'string') throw invalid(field, 'a property is named by a symbol');
      found.set(key, data(Reflect.getOwnPropertyDescriptor(value, key), field));
    }
  } catch (error) {
    throw error instanceof BallottaError ? error : invalid(field, 'the object cannot be read');
  }
  return found;
}

function data(descriptor: PropertyDescriptor | undefined, field: string): unknown {
  if (descriptor === undefined || !Object.hasOwn(descriptor, 'value')) throw invalid(field, 'a property is missing or computed');
  return descriptor.value;
}

/** A copy of plain data: strings, integers from 0 to 2^53 - 1, dense arrays and plain objects of such. */
export function plain(value: unknown, field: string, depth = 0): Plain {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {
      throw invalid(field, 'expected an integer from 0 to 2^53 - 1');
    }
    return value;
  }
  if (typeof value !== 'object' || value === null) throw invalid(field, 'expected text, integers, arrays and objects');
  if (depth === MAX_DEPTH) throw invalid(field, 'nested too deeply');
  let isArray;
  try {
    isArray = Array.isArray(value);
  } catch {
    throw invalid(field, 'the object cannot be read');
  }
  const found = own(value, field);
  if (!isArray) {
    const copy = Object.create(null) as Record<string, Plain>;
    for (const [name, item] of found) copy[name] = plain(item, depth === 0 ? name : field, depth + 1);
    return copy;
  }
  const length = found.get('length');
  if (typeof length !== 'number' || length !== found.size - 1) throw invalid(field, 'the array has holes or further properties');
  const copy: Plain[] = [];
  for (let index = 0; index < length; index += 1) {
    const item = found.get(String(index));
    if (item === undefined) throw invalid(field, 'the array has holes');
    copy.push(plain(item, field, depth + 1));
  }
  return copy;
}

/** Choices as the library reads them. */
export function choicesJson(value: unknown): Uint8Array<ArrayBuffer> {
  const copy = plain(value, 'choices');
  if (typeof copy !== 'object' || Array.isArray(copy)) throw invalid('choices', 'expected an object from contests to choices');
  return new TextEncoder().encode(json(copy));
}

function json(value: Plain, depth = 0): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return value.toString();
  if (Array.isArray(value)) return `[${(value as readonly Plain[]).map((item) => json(item, depth + 1)).join(',')}]`;
  const fields = Object.entries(value) as [string, Plain][];
  // The fields of a mark have a fixed order, `list` before `preferences`, which objects do not guarantee.
  if (depth === 1) fields.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${json(item, depth + 1)}`).join(',')}}`;
}
