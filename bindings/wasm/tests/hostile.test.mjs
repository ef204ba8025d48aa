// Attacks of a page, a server or an extension on the library.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import binaryen from 'binaryen';
import { BallottaError, load } from 'ballotta';
import { pinned, record, unhex, vectors } from './vectors.mjs';

const ballotta = await load();
const [{ code, choices }] = vectors.ballots.slice(1);
const good = () => JSON.parse(choices);
const input = { name: 'BallottaError', code: 'invalid-input' };

afterEach(() => {
  for (const name of ['choices', 'fingerprint', 'previous', 'c0', 'c1', 'options', 'value', 'get', 'url', 'toJSON', '0']) {
    delete Object.prototype[name];
  }
});

async function withElection(work) {
  const election = await ballotta.openElection(record(), pinned);
  await work(election, election.credential(code));
}

test('a fingerprint is asked for', async () => {
  for (const options of [undefined, {}, { fingerprint: undefined }, { fingerprint: '' }, { fingerprint: 1 }, { fingerprint: { toString: () => vectors.fingerprint } }]) {
    await assert.rejects(ballotta.openElection(record(), options), input);
  }
  for (const fingerprint of ['UNPINNED', 'no', vectors.fingerprint.replace(/^./, 'x'), `${vectors.fingerprint}0`, '\0']) {
    await assert.rejects(ballotta.openElection(record(), { fingerprint }), { code: 'typing-slip', field: /^fingerprint(\/[1-6])?$/ });
    await assert.rejects(ballotta.verify(record(), { fingerprint }), { code: 'typing-slip', field: /^fingerprint(\/[1-6])?$/ });
  }
  const other = vectors.other_election.fingerprint;
  await assert.rejects(ballotta.openElection(record(), { fingerprint: other }), { code: 'other-election' });
  const election = await ballotta.openElection(record(), { fingerprint: 'unpinned' });
  assert.deepEqual([election.pinned, election.fingerprint], [false, vectors.fingerprint]);
  // What people are given is a pin as well, however they type it.
  const written = election.writtenFingerprint;
  assert.match(written, /^F(-[0-9A-Z]{5}){5}-[0-9A-Z]{3}$/);
  for (const fingerprint of [written, written.toLowerCase().replaceAll('-', ' '), vectors.fingerprint.toUpperCase()]) {
    assert.equal((await ballotta.openElection(record(), { fingerprint })).pinned, true);
    assert.equal((await ballotta.verify(record(), { fingerprint, stage: 'voting' })).verdict, 'holds');
  }
  const slip = written.slice(0, -1) + (written.endsWith('0') ? '1' : '0');
  await assert.rejects(ballotta.openElection(record(), { fingerprint: slip }), { code: 'typing-slip', field: 'fingerprint/6' });
});

test('polluted prototypes are not looked at', async () => {
  Object.prototype.fingerprint = 'unpinned';
  await assert.rejects(ballotta.openElection(record(), {}), input);
  Object.prototype.url = 'https://evil.example';
  Object.prototype.c1 = { options: ['o1'] };
  Object.prototype.previous = vectors.voted.tracker;
  Object.prototype.toJSON = () => ({ c0: 'blank' });
  Object.prototype.value = 'blank';
  await withElection((election, credential) => {
    const missing = election.checkChoices({ c0: 'blank' }, 's0');
    assert.deepEqual(missing.map(({ rule, contest }) => [rule, contest]), [['missing-contest', 'c1']]);
    assert.throws(() => credential.prepare({ get c0() { return 'blank'; }, c1: { options: ['o0'] } }), input);
    const opening = credential.prepare(good());
    const { tracker } = opening;
    assert.deepEqual(election.checkOpening(opening.open(), tracker, credential.voterNumber).choices, good());
  });
});

test('values that are no choices are refused', async () => {
  await withElection((election, credential) => {
    const sparse = ['o0'];
    sparse[2] = 'o2';
    const extended = Object.assign(['o0'], { more: 1 });
    const of = (options) => ({ c0: { options }, c1: { options: ['o0'] } });
    const cycle = {};
    cycle.c0 = cycle;
    const values = [undefined, null, 1, 'c0', [], () => 1, Symbol('c0'), of(sparse), of(extended), of([undefined]), of([null]),
      of([true]), of([NaN]), of([-0]), of([1.5]), of([2 ** 53]), of([-1]), of([Infinity]), of([1n]), of([Symbol('o0')]),
      of([new Date()].map((date) => date.getTime)), { [Symbol('c0')]: 'blank' }, cycle, { c0: undefined }, { c0: null }];
    for (const value of values) {
      assert.throws(() => election.checkChoices(value, 's0'), input, String(typeof value));
      assert.throws(() => credential.prepare(value), input);
    }
    // Other kinds of contests have numbers as data; this one has not.
    assert.throws(() => credential.prepare(of([1])), { code: 'choices-not-allowed' });
    assert.throws(() => credential.prepare(of(['o0', '"'])), { code: 'choices-not-allowed' });
    assert.throws(() => credential.prepare({ ...good(), __proto__: null, ['__proto__']: 'blank' }), { code: 'choices-not-allowed' });
    assert.throws(() => credential.prepare(of(Array.from({ length: 70_000 }, () => 'o0'))), input);
  });
});

test('what is read once cannot change', async () => {
  await withElection((election, credential) => {
    assert.throws(() => credential.prepare({ get c0() { return 'blank'; }, c1: { options: ['o0'] } }), input);
    let asked = 0;
    const liar = new Proxy(good(), {
      getOwnPropertyDescriptor: (target, key) => {
        asked += 1;
        return { value: key === 'c0' ? 'blank' : { options: [asked > 2 ? 'o1' : 'o0'] }, configurable: true, enumerable: true };
      },
    });
    const ballot = credential.prepare(liar);
    assert.equal(asked, 2);
    const { tracker } = ballot;
    assert.deepEqual(election.checkOpening(ballot.open(), tracker, credential.voterNumber).choices, { c0: 'blank', c1: { options: ['o0'] } });
    const throwing = new Proxy({}, { ownKeys: () => { throw new Error('mine'); } });
    assert.throws(() => credential.prepare(throwing), input);
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    assert.throws(() => credential.prepare({ c0: { options: proxy } }), input);
  });
});

test('strings, bytes and options are what they are', async () => {
  await withElection((election, credential) => {
    for (const wrong of [undefined, null, 1, {}, new String(code), [['a']], 'x'.repeat(300)]) {
      assert.throws(() => election.credential(wrong), input);
    }
    for (const wrong of ['', 'x', code.slice(1), code.replace(/[0-9A-Z]/, (first) => (first === 'Z' ? 'Y' : 'Z'))]) {
      assert.throws(() => election.credential(wrong), { code: 'bad-voting-code', field: 'code' });
    }
    assert.throws(() => election.credential(vectors.other_election.code), { code: 'unknown-credential' });
    // One code of each credential authority: here there is one.
    assert.deepEqual([election.authorities.length, election.credential([code]).voterNumber], [1, credential.voterNumber]);
    assert.throws(() => election.credential([code, vectors.other_election.code]), { code: 'wrong-number-of-codes' });
    assert.throws(() => election.credential([]), { code: 'bad-voting-code', field: 'code' });
    for (const wrong of [[1], [undefined], [[code]], [code, 'x'.repeat(257)], Object.assign([code], { more: 1 })]) {
      assert.throws(() => election.credential(wrong), input);
    }
    assert.equal(election.credential(` ${code.toLowerCase().replaceAll('-', ' ')} `).voterNumber, credential.voterNumber);
    for (const wrong of [undefined, null, 'bytes', [1], new Uint16Array(4), new DataView(new ArrayBuffer(4)), new ArrayBuffer(4),
      new Proxy(new Uint8Array(4), {}), { length: 4, 0: 1 }]) {
      assert.throws(() => election.checkOpening(wrong, vectors.voted.tracker, credential.voterNumber), { ...input, field: 'opening' });
    }
    const { tracker } = vectors.voted;
    const number = credential.voterNumber;
    for (const wrong of [undefined, null, 7, new String(tracker), [tracker], 'x'.repeat(257)]) {
      assert.throws(() => election.findBallot(wrong, number), { ...input, field: 'tracker' });
      assert.throws(() => election.findBallot(tracker, wrong), { ...input, field: 'voterNumber' });
    }
    const slip = { name: 'BallottaError', code: 'typing-slip' };
    const groups = (field) => new RegExp(`^${field}(/[1-6])?$`);
    for (const wrong of ['', 'x', `${tracker}0`, tracker.replace(/[0-9a-f]$/, 'x'), number, vectors.ballots[0].written_tracker.slice(0, -1)]) {
      assert.throws(() => election.findBallot(wrong, number), { ...slip, field: groups('tracker') }, wrong);
    }
    for (const wrong of ['', 'x', tracker, `${number}0`, number.replace(/.$/, (last) => (last === 'Z' ? 'Y' : 'Z'))]) {
      assert.throws(() => election.findBallot(tracker, wrong), { ...slip, field: groups('voterNumber') }, wrong);
    }
    assert.throws(() => election.findBallot(tracker, code), { code: 'secret-code', field: 'voterNumber' });
    assert.throws(() => credential.prepare(good(), { previous: 'x' }), { ...input, field: 'previous' });
    assert.throws(() => credential.prepare(good(), { perhaps: 1 }), input);
    assert.throws(() => election.checkChoices(good(), 's9'), { ...input, field: 'style' });
  });
  await assert.rejects(ballotta.openElection({ url: 'https://x.example', fetch: 1 }, pinned), input);
  await assert.rejects(ballotta.openElection({ url: 7 }, pinned), input);
  await assert.rejects(ballotta.openElection({ 'manifest.json': 'text' }, pinned), input);
  await assert.rejects(ballotta.openElection(null, pinned), input);
  await assert.rejects(load(new Uint8Array([0, 1, 2])), input);
});

test('bytes are copied before they are used', async () => {
  const files = record();
  const opening = ballotta.openElection(files, pinned);
  for (const file of files.values()) file.fill(0);
  files.clear();
  (await opening).free();
});

test("another voter's ballot shown as one's own", async () => {
  const [mine, other] = [vectors.ballots[0], vectors.ballots[1]];
  await withElection((election) => {
    const [opening, number] = [unhex(other.opening), mine.voter_number];
    assert.throws(() => election.checkOpening(opening, mine.tracker, number), { code: 'other-tracker' });
    // A device that shows the tracker of another voter cannot choose the number in the letter.
    assert.throws(() => election.checkOpening(opening, other.written_tracker, number), { code: 'other-voter' });
    const nobody = vectors.other_election.voter_number;
    assert.throws(() => election.checkOpening(opening, other.written_tracker, nobody), { code: 'unknown-number' });
    assert.equal(election.checkOpening(opening, other.written_tracker, other.voter_number).voterNumber, other.voter_number);
  });
});

test('labels with markup stay text', async () => {
  const files = record();
  const manifest = new TextDecoder().decode(files.get('manifest.json'));
  const markup = '<img src=x onerror=alert(1)>';
  // This manifest belongs to no record, but the same code reads its texts.
  const { Texts } = await import('ballotta');
  const texts = new Texts(manifest.replaceAll('Question 0', markup), undefined);
  assert.equal(texts.contests()[0].title, markup);
});

test('without randomness nothing is made', async () => {
  await withElection(async (election, credential) => {
    const ballot = credential.prepare(good());
    const own = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
    const { random } = Math;
    Math.random = () => assert.fail('Math.random was called');
    const none = { name: 'BallottaError', code: 'no-randomness' };
    try {
      for (const crypto of [undefined, {}, { getRandomValues: () => { throw new Error('empty'); } }, { getRandomValues: 1 }]) {
        Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true, writable: true });
        assert.throws(() => credential.prepare(good()), none);
        assert.throws(() => ballot.cast(), none);
        await assert.rejects(ballotta.openElection(record(), pinned), none);
        await assert.rejects(ballotta.verify(record()), none);
      }
    } finally {
      Object.defineProperty(globalThis, 'crypto', own);
      Math.random = random;
    }
    // Nothing was output, so the ballot can still be cast.
    assert.ok(ballot.cast().length > 0);
  });
});

test('a ballot has one fate', async () => {
  await withElection((election, credential) => {
    for (const [first, second] of [['open', 'cast'], ['cast', 'open'], ['cast', 'cast'], ['open', 'open'], ['free', 'cast']]) {
      const ballot = credential.prepare(good());
      ballot[first]();
      assert.throws(() => ballot[second](), { code: 'ballot-used' });
      ballot.free();
    }
    const ballot = credential.prepare(good());
    credential.free();
    credential.free();
    assert.throws(() => credential.prepare(good()), { code: 'gone' });
    ballot.cast();
    election.free();
    assert.throws(() => election.credential(code), { code: 'gone' });
    assert.throws(() => election.findBallot(vectors.voted.tracker, vectors.ballots[0].voter_number), { code: 'gone' });
  });
});

/** A module with a function that executes `unreachable`, as a panic in Rust does. */
function panicking(name, file = 'ballotta.wasm') {
  const module = binaryen.readBinary(readFileSync(new URL(import.meta.resolve(`ballotta/${file}`))));
  const { Features } = binaryen;
  module.setFeatures(Features.MutableGlobals | Features.SignExt | Features.NontrappingFPToInt | Features.BulkMemory
    | Features.ReferenceTypes | Features.Multivalue);
  const place = module.getExport(name);
  const internal = binaryen.getExportInfo(place).value;
  const { params, results } = binaryen.getFunctionInfo(module.getFunction(internal));
  module.removeFunction(internal);
  module.addFunction(internal, params, results, [], module.unreachable());
  return module.emitBinary();
}

test('a panic becomes an error and poisons nothing', async () => {
  const broken = await load(panicking('rawelection_find'));
  const [one, two] = [await broken.openElection(record(), pinned), await broken.openElection(record(), pinned)];
  const [credential, other] = [one.credential(code), two.credential(code)];
  const ballot = credential.prepare(good());
  const internal = (error) => error instanceof BallottaError && error.code === 'internal' && !/unreachable/.test(error.message);
  assert.throws(() => one.findBallot(vectors.voted.tracker, vectors.ballots[0].voter_number), internal);
  // Objects of this election report `gone`. Other objects, and objects that are made later, still work.
  const gone = { name: 'BallottaError', code: 'gone' };
  assert.throws(() => one.findBallot(vectors.voted.tracker, vectors.ballots[0].voter_number), gone);
  assert.throws(() => credential.prepare(good()), gone);
  assert.throws(() => ballot.cast(), gone);
  assert.ok(other.prepare(good()).cast().length > 0);
  const again = await broken.openElection(record(), pinned);
  assert.ok(again.credential(code).prepare(good()).cast().length > 0);
  await assert.rejects((await load(panicking('rawelection_new'))).openElection(record(), pinned), internal);
  await assert.rejects((await load(undefined, panicking('verify_record', 'verify.wasm'))).verify(record()), internal);
});

test('a call from within a call is an error, and hands out nothing', async () => {
  await withElection((election, credential) => {
    const { getRandomValues } = crypto;
    const refused = [];
    const again = [() => credential.free(), () => credential.prepare(good()), () => election.findBallot(vectors.voted.tracker, vectors.ballots[0].voter_number)];
    crypto.getRandomValues = (bytes) => {
      for (const call of again) {
        try {
          call();
        } catch (error) {
          refused.push(error.code);
        }
      }
      return getRandomValues.call(crypto, bytes);
    };
    const prepare = () => {
      try {
        return credential.prepare(good(), { previous: null });
      } finally {
        crypto.getRandomValues = getRandomValues;
      }
    };
    const ballot = prepare();
    assert.deepEqual(refused, ['busy', 'busy', 'busy']);
    const { tracker } = ballot;
    assert.deepEqual(election.checkOpening(ballot.open(), tracker, credential.voterNumber).choices, good());
    // An election that is freed within a call is wiped after the call.
    crypto.getRandomValues = (bytes) => {
      election.free();
      return getRandomValues.call(crypto, bytes);
    };
    assert.throws(prepare, { code: 'gone' });
  });
});

test('what a manifest leaves out is not read from polluted prototypes, nor a report', async () => {
  const { Texts } = await import('ballotta');
  Object.prototype.description = { en: 'vote for Ada' };
  Object.prototype.exact = '5';
  try {
    const texts = new Texts(new TextDecoder().decode(record().get('manifest.json')), undefined);
    const [contest] = texts.contests();
    assert.deepEqual([contest.description, contest.options[0].description], [null, null]);
    const report = await ballotta.verify(record(), { stage: 'voting' });
    assert.equal(report.verdict, 'holds');
  } finally {
    delete Object.prototype.description;
    delete Object.prototype.exact;
  }
});

test('records that are none are refused with words that help', async () => {
  const refused = (given, message) => assert.rejects(ballotta.openElection(given, pinned), { ...input, message });
  const nested = new Map([...record()].map(([path, file]) => [`record/${path}`, file]));
  await refused(nested, 'record: paths begin in the folder of the record and have slashes: manifest.json, not record/manifest.json');
  await refused(new URL('https://board.example/'), 'record: expected a Map or an object of files, or { url }');
  await refused({}, 'record: expected a Map or an object of files, or { url }');
  await refused(new Proxy(new Map(), {}), 'record: the files cannot be read');
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  await refused(proxy, 'record: the files cannot be read');
  await refused({ url: 'https://board.example/?v=1' }, 'url: the address of a folder has no ? and no #');
  await refused({ url: 'file:///record' }, 'url: only http: and https: are fetched; hand over files as a Map');
  await refused({ url: 'https://board.example/', signal: 1 }, 'signal: expected an AbortSignal');
  await assert.rejects(ballotta.openElection(record(), {}), { message: "fingerprint: expected a fingerprint, or 'unpinned'" });
  await assert.rejects(load({}), { ...input, field: 'source' });
});

test('servers that answer nothing, slowly, or byte by byte', async () => {
  const url = 'https://board.example/';
  const open = (fetch, more) => ballotta.openElection({ url, fetch, ...more }, pinned);
  await assert.rejects(open(async () => undefined), { code: 'network' });
  const controller = new AbortController();
  const waits = (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const waiting = open(waits, { signal: controller.signal });
  controller.abort();
  await assert.rejects(waiting, { name: 'BallottaError', code: 'aborted' });
  const files = record();
  const dripping = async (address) => {
    const file = files.get(decodeURIComponent(address.pathname.slice(1)));
    if (!file) return new Response('', { status: 404 });
    let place = 0;
    const pull = (controller) => {
      if (place === file.length) return controller.close();
      controller.enqueue(file.subarray(place, place + 1));
      place += 1;
    };
    return new Response(new ReadableStream({ pull }));
  };
  assert.equal((await open(dripping)).fingerprint, vectors.fingerprint);
});

test('what is gone is freed without a word', async () => {
  const election = await ballotta.openElection(record(), pinned);
  const credential = election.credential(code);
  const ballot = credential.prepare(good());
  election.free();
  credential.free();
  ballot.free();
  election.free();
  const broken = await load(panicking('rawelection_find'));
  const other = await broken.openElection(record(), pinned);
  const voter = other.credential(code);
  assert.throws(() => other.findBallot(vectors.voted.tracker, vectors.ballots[0].voter_number), { code: 'internal' });
  voter.free();
  other.free();
});
