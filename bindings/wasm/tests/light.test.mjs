// The light client of the package: it makes the same ballots, reads little, and believes nothing that is not shown.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { load } from 'ballotta';
import { loadLight } from 'ballotta/light';
import { fixed, hex, pinned, record, unhex, vectors, withLight } from './vectors.mjs';

const light = await loadLight();

/** The record with its files for light clients. */
const whole = (changes = {}) => {
  const files = withLight();
  for (const [path, change] of Object.entries(changes)) {
    const bytes = change(new Uint8Array(files.get(path) ?? []));
    if (bytes) files.set(path, bytes);
    else files.delete(path);
  }
  return files;
};

/** Serves files, and notes each request. `ranges` says whether the server knows ranges. */
async function served(files, ranges, work) {
  const requests = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://x').pathname.slice('/record/'.length);
    const file = files.get(path);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    requests.push(path);
    if (!file) return response.writeHead(404).end();
    if (!ranges || !range) return response.writeHead(200).end(file);
    const [start, end] = [Number(range[1]), Number(range[2]) + 1];
    if (start >= file.length) return response.writeHead(416).end();
    return response.writeHead(206).end(file.subarray(start, end));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${server.address().port}/record`, requests);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test('ballots and openings are those of the library, byte for byte', async () => {
  for (const vector of vectors.ballots) {
    const election = await light.openElection(whole(), pinned);
    const credential = await election.credential(vector.code);
    assert.deepEqual(
      [credential.voterNumber, credential.style, credential.weight, await credential.predecessor()],
      [vector.voter_number, vector.style, BigInt(vector.weight), vector.previous],
    );
    const choices = JSON.parse(vector.choices);
    const ballot = await fixed(() => credential.prepare(choices));
    assert.deepEqual([ballot.tracker, ballot.writtenTracker], [vector.tracker, vector.written_tracker]);
    assert.equal(await fixed(() => hex(ballot.cast())), vector.ballot);
    const again = await (await light.openElection(whole(), pinned)).credential(vector.code);
    const opening = (await fixed(() => again.prepare(choices))).open();
    assert.equal(hex(opening), vector.opening);
    assert.deepEqual((await election.checkOpening(opening, vector.tracker, vector.voter_number)).choices, choices);
    assert.deepEqual(election.fromText('ballot-opening', election.toText('ballot-opening', opening)), opening);
    election.free();
    await assert.rejects(credential.predecessor(), { code: 'gone' });
  }
});

test('it says the same of election and choices as the client that reads everything', async () => {
  const [one, other] = [await light.openElection(whole(), pinned), await (await load()).openElection(record(), pinned)];
  assert.deepEqual([one.fingerprint, one.writtenFingerprint, one.pinned], [other.fingerprint, other.writtenFingerprint, true]);
  const { entries, root, opened, closed, voters, witnesses } = one.board;
  assert.deepEqual({ entries, root, opened, closed }, other.board);
  assert.deepEqual([voters, witnesses.enough], [vectors.ballots.length > 0 ? new TextDecoder().decode(record().get('roll')).trim().split('\n').length - 1 : 0, true]);
  assert.equal(one.title(), other.title());
  for (const { choices, style, weight, problems } of vectors.refused_choices) {
    const found = one.checkChoices(JSON.parse(choices), style, BigInt(weight));
    assert.deepEqual(found.map(({ field, rule, message }) => ({ field, rule, message })), problems);
  }
  const { tracker, entry } = vectors.voted;
  const { voter_number } = vectors.ballots.find(({ previous }) => previous === tracker);
  const stranger = vectors.ballots.find((ballot) => ballot.voter_number !== voter_number);
  assert.deepEqual(await one.findBallot(tracker, voter_number), { state: 'on_board', entry, witnesses: null });
  const { state, by } = await one.findBallot(stranger.tracker, voter_number);
  assert.deepEqual([state, by], ['another_is_last', tracker]);
  assert.deepEqual(await one.findBallot(tracker, stranger.voter_number), { state: 'not_shown', witnesses: null });
  // A number that nobody has is no other voter's.
  const nobody = vectors.other_election.voter_number;
  const opening = unhex(vectors.ballots[0].opening);
  await assert.rejects(one.findBallot(tracker, nobody), { code: 'unknown-number' });
  await assert.rejects(one.checkReceipt(vectors.receipts.given, tracker, nobody), { code: 'unknown-number' });
  await assert.rejects(one.checkOpening(opening, vectors.ballots[0].tracker, nobody), { code: 'unknown-number' });
  const number = vectors.ballots.find((ballot) => ballot.voter_number !== vectors.ballots[0].voter_number).voter_number;
  await assert.rejects(one.checkOpening(opening, vectors.ballots[0].tracker, number), { code: 'other-voter', field: 'opening' });
});

test('receipts: a promise that is kept, and one that is broken', async () => {
  const election = await light.openElection(whole(), pinned);
  const { tracker, entry } = vectors.voted;
  const { given, later, broken, evidence } = vectors.receipts;
  const { voter_number } = vectors.ballots.find(({ previous }) => previous === tracker);
  const stranger = vectors.ballots.find((ballot) => ballot.voter_number !== voter_number);
  const content = election.readReceipt(given);
  assert.deepEqual([content.entry, content.tracker, content.previous], [entry, tracker, null]);
  const check = (receipt, shown = tracker, voter = voter_number) => election.checkReceipt(receipt, shown, voter);
  assert.deepEqual(await check(given, content.writtenTracker), { state: 'on_board', entry, witnesses: null });
  assert.deepEqual(await check(given, tracker, stranger.voter_number), { state: 'of_another_voter', entry, witnesses: null });
  assert.deepEqual(await check(later), { state: 'not_yet', entry: entry + 1, entries: election.board.entries, witnesses: null });
  const found = await check(broken);
  assert.deepEqual([found.state, found.entry, hex(found.evidence)], ['promise_broken', entry - 1, evidence]);
  // What the voter kept must belong together, and the board must have signed it.
  await assert.rejects(check(given, stranger.tracker), { code: 'receipt-of-other' });
  await assert.rejects(check(given, 'T-0'), { code: 'typing-slip', field: 'tracker' });
  for (const wrong of ['', given.replace(`\n${entry}\n`, `\n${entry - 1}\n`), `${given}x`]) {
    await assert.rejects(check(wrong), { code: 'bad-receipt' });
    assert.throws(() => election.readReceipt(wrong), { code: 'bad-receipt' });
  }
  await assert.rejects(check(7), { code: 'invalid-input' });
  // What cannot be proved is no verdict.
  const tile = [...whole().keys()].find((path) => path.startsWith('tile/0/'));
  const lying = light.openElection(whole({ [tile]: (bytes) => (bytes[32 * entry] ^= 1, bytes) }), pinned);
  await assert.rejects(lying.then((election) => election.checkReceipt(given, tracker, voter_number)), { code: 'bad-proof' });
});

test('over HTTP, with ranges and without', async () => {
  for (const ranges of [true, false]) {
    await served(whole(), ranges, async (url, requests) => {
      const election = await light.openElection({ url }, pinned);
      assert.ok(requests.length <= 9, `${requests}`);
      const vector = vectors.ballots[0];
      const credential = await election.credential(vector.code);
      const ballot = await fixed(() => credential.prepare(JSON.parse(vector.choices)));
      assert.equal(ballot.tracker, vector.tracker);
      assert.ok(requests.length <= 20, `${requests}`);
      // The first answers are asked for at once, and nothing twice.
      assert.equal(new Set(requests).size + repeated(requests), requests.length);
      const before = requests.length;
      await election.refresh();
      assert.ok(!requests.slice(before).includes('manifest.json'));
    });
  }
});

/** The requests of other parts of a file that was asked for before. */
function repeated(requests) {
  return requests.length - new Set(requests).size;
}

test('calls at the same time wait for each other', async () => {
  const election = await light.openElection(whole(), pinned);
  const found = await Promise.all(vectors.ballots.map(async ({ code, previous }) => [await (await election.credential(code)).predecessor(), previous]));
  for (const [one, other] of found) assert.equal(one, other);
});

test('a server that lies or withholds is found', async () => {
  const flip = (place) => (bytes) => (bytes[place < 0 ? bytes.length + place : place] ^= 1, bytes);
  const none = () => undefined;
  const short = (bytes) => bytes.subarray(0, bytes.length - 1);
  const tile = [...whole().keys()].find((path) => path.startsWith('tile/0/'));
  const bundle = [...whole().keys()].find((path) => path.startsWith('tile/entries/'));
  const open = (changes) => light.openElection(whole(changes), pinned);
  for (const [changes, code] of [
    [{ 'light/election': none }, 'missing-file'],
    [{ 'light/election': flip(-1) }, /./],
    [{ 'manifest.json': flip(10) }, 'bad-manifest'],
    [{ checkpoint: flip(-5) }, /./],
    [{ [tile]: flip(0) }, 'bad-proof'],
    [{ [tile]: none }, 'missing-file'],
    [{ [bundle]: short }, /./],
    [{ 'light/lengths': short }, /./],
    [{ 'light/close': () => new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]) }, 'close-not-signed'],
  ]) {
    await assert.rejects(open(changes), code instanceof RegExp ? { name: 'BallottaError' } : { name: 'BallottaError', code }, Object.keys(changes)[0]);
  }
  const vector = vectors.ballots[0];
  const election = await open({ roll: flip(-2) });
  await assert.rejects(Promise.all(vectors.ballots.map(({ code }) => election.credential(code))), { name: 'BallottaError' });
  // A head of a voter that names the ballot of nobody, or of another voter.
  const { board } = await open({});
  const wrong = (bytes) => {
    for (let at = 0; at < bytes.length; at += 8) bytes.set([1, 0, 0, 0, 0, 0, 0, board.opened].slice(0, 8), at);
    return bytes;
  };
  const lying = await (await open({ 'light/heads': wrong })).credential(vector.code);
  await assert.rejects(lying.predecessor(), { name: 'BallottaError' });
});

test('the board must continue the one that was kept', async () => {
  const { board } = await light.openElection(whole(), pinned);
  const open = (kept) => light.openElection(whole(), { ...pinned, kept });
  assert.deepEqual((await open(board)).board, board);
  await assert.rejects(open({ ...board, root: '1'.repeat(64) }), { code: 'forked-board' });
  await assert.rejects(open({ ...board, entries: board.entries + 1 }), { code: 'older-board' });
  for (const kept of [{}, { entries: -1, root: board.root }, { entries: 1, root: 'x' }, { entries: '1', root: board.root }, 7]) {
    await assert.rejects(open(kept), { code: 'invalid-input' });
  }
  const other = vectors.other_election.fingerprint;
  await assert.rejects(light.openElection(whole(), { fingerprint: other }), { code: 'other-election' });
  await assert.rejects(light.openElection(whole(), { fingerprint: 'x' }), { code: 'typing-slip' });
  await assert.rejects(light.openElection(whole(), {}), { code: 'invalid-input' });
});

test('a server that sends less than was asked for ends no call never', async () => {
  const files = whole();
  const fetch = async (url, init) => {
    const file = files.get(new URL(url).pathname.slice('/record/'.length));
    const range = init.headers?.Range;
    return file ? new Response(range ? file.subarray(0, 1) : file, { status: range ? 206 : 200 }) : new Response('', { status: 404 });
  };
  await assert.rejects(light.openElection({ url: 'http://127.0.0.1:1/record', fetch }, pinned), { name: 'BallottaError' });
});
