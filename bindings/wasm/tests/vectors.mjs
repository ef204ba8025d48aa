// The vectors that all clients share, and the randomness with which they were made.
import { readFileSync } from 'node:fs';

export const vectors = JSON.parse(readFileSync(new URL('../../../spec/vectors/voter.json', import.meta.url), 'utf8'));
export const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'));
export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const record = (of = vectors) => new Map(Object.entries(of.record).map(([path, bytes]) => [path, unhex(bytes)]));
/** The same with its files for light clients. */
export const withLight = (of = vectors) => new Map([...record(of), ...record({ record: of.light })]);
export const pinned = { fingerprint: vectors.fingerprint };

/** Runs a function with the randomness and the clock with which the vectors were made. */
export async function fixed(work) {
  const [getRandomValues, now] = [crypto.getRandomValues, Date.now];
  crypto.getRandomValues = (bytes) => {
    bytes.set(unhex(vectors.random).subarray(0, bytes.length));
    return bytes;
  };
  Date.now = () => vectors.counter;
  try {
    return await work();
  } finally {
    crypto.getRandomValues = getRandomValues;
    Date.now = now;
  }
}
