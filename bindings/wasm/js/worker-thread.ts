// The code that runs in the worker: the same library, called by messages.

import { BallottaError } from './errors.js';
import { Ballotta, Credential, Election, PreparedBallot, load } from './index.js';
import type { BallottaLight, LightCredential, LightElection } from './light.js';
import type { Answer, Call } from './worker.js';

interface Port {
  onmessage: ((event: { data: Call }) => void) | null;
  onmessageerror: (() => void) | null;
  postMessage(message: Answer): void;
}

const port = globalThis as unknown as Port;
type Made = Election | Credential | LightElection | LightCredential | PreparedBallot;
const made = new Map<number, Made>();
/** The controllers that abort calls that read from a server. */
const waiting = new Map<number, AbortController>();
let library: Ballotta | BallottaLight | undefined;
/** The light client, if this worker runs it. Others do not load it. */
let light: typeof import('./light.js') | undefined;
let last = 0;

// The call to answer cannot be read either, so this throws: the other side sees the failure and ends this worker.
port.onmessageerror = () => {
  throw new BallottaError('internal', 'a message cannot be read');
};

port.onmessage = async ({ data: { id, target, method, args } }) => {
  try {
    const value = await answer(id, target, method, args);
    // A request to abort is answered by the call that it aborts.
    if (method !== 'abort') port.postMessage({ id, value });
  } catch (error) {
    const known = error instanceof BallottaError ? error : new BallottaError('internal', 'the worker failed');
    // Only errors of the platform can be sent.
    const cause = known.cause instanceof Error ? { cause: known.cause } : {};
    port.postMessage({ id, error: { code: known.code, message: known.message, field: known.field, ...cause } });
  }
};

async function answer(id: number, target: number, method: string, args: readonly unknown[]): Promise<unknown> {
  const [first, second, third] = args as [never, never, never];
  if (method === 'load') {
    library = await load(first, second);
    return null;
  }
  if (method === 'beginLight') {
    light = await import('./light.js');
    return null;
  }
  if (method === 'loadLight') {
    light ??= await import('./light.js');
    library = await light.loadLight(first);
    return null;
  }
  if (library === undefined) throw new BallottaError('internal', 'the worker is not loaded');
  if (method === 'abort') {
    waiting.get(id)?.abort();
    return undefined;
  }
  if (method === 'openElection' || method === 'verify') {
    const given = first as ReadonlyMap<string, Uint8Array> | { url: string };
    const controller = new AbortController();
    waiting.set(id, controller);
    const record = given instanceof Map ? given : { ...(given as { url: string }), signal: controller.signal };
    const onProgress = (progress: unknown) => port.postMessage({ id, progress });
    try {
      if (method === 'openElection') return describe(await library.openElection(record, second));
      if (!(library instanceof Ballotta)) throw new BallottaError('internal', 'this worker does not verify');
      return await library.verify(record, { ...(second as object), onProgress });
    } finally {
      waiting.delete(id);
    }
  }
  const object = made.get(target);
  if (method === 'free') {
    made.delete(target);
    object?.free();
    return null;
  }
  if (light && object instanceof light.LightElection) {
    if (method === 'findBallot') return { found: await object.findBallot(first, second), board: object.board };
    if (method === 'readReceipt') return object.readReceipt(first);
    if (method === 'checkReceipt') return { found: await object.checkReceipt(first, second, third), board: object.board };
    if (method === 'refresh') return object.refresh().then(() => object.board);
  }
  if (object instanceof Election || (light && object instanceof light.LightElection)) {
    if (method === 'freshness') return object.freshness(first);
    if (method === 'drawnOrder') return object.drawnOrder(first, second);
    if (method === 'checkChoices') return object.checkChoices(first, second, third);
    if (method === 'credential') return describe(await object.credential(first));
    if (method === 'checkOpening') return object.checkOpening(first, second, third);
    if (method === 'findBallot') return object.findBallot(first, second);
    if (method === 'toText') return object.toText(first, second);
    if (method === 'fromText') return object.fromText(first, second);
  }
  if (object instanceof Credential || (light && object instanceof light.LightCredential)) {
    if (method === 'predecessor') return object.predecessor();
    if (method === 'prepare') return describe(await object.prepare(first, second));
  }
  if (object instanceof PreparedBallot) {
    if (method === 'open') return object.open();
    if (method === 'cast') return object.cast();
  }
  throw new BallottaError('gone', 'the object was freed');
}

/** Keeps an object and sends its number to the other side. */
function describe(object: Made): unknown {
  last += 1;
  made.set(last, object);
  if (object instanceof Election || (light && object instanceof light.LightElection)) {
    const { fingerprint, writtenFingerprint, pinned, board } = object;
    return { handle: last, manifest: object.manifestText, fingerprint, writtenFingerprint, pinned, board };
  }
  if (object instanceof Credential || (light && object instanceof light.LightCredential)) {
    const { voterNumber, style, weight } = object;
    return { handle: last, voterNumber, style, weight };
  }
  const { tracker, writtenTracker } = object as PreparedBallot;
  return { handle: last, tracker, writtenTracker };
}
