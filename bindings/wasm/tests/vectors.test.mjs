// The package gives the same bytes and the same errors as the library.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { load } from 'ballotta';
import { fixed, hex, pinned, record, unhex, vectors } from './vectors.mjs';

const ballotta = await load();

// The vectors of an election with many voters, and with few, in which counts share slots.
const elections = [vectors, vectors.few_voters].map((of) => {
  const { fingerprint } = of;
  return [of, () => ballotta.openElection(record(of), { fingerprint })];
});

test('ballots and openings are those of the library, byte for byte', async () => {
  for (const [{ ballots }, open] of elections) {
    for (const vector of ballots) {
      // Each ballot has a new credential object, so that the counter begins again.
      const prepare = (election) => fixed(() => election.credential(vector.code).prepare(JSON.parse(vector.choices)));
      const election = await open();
      const credential = election.credential(vector.code);
      assert.deepEqual(
        [credential.voterNumber, credential.style, credential.weight, credential.predecessor()],
        [vector.voter_number, vector.style, BigInt(vector.weight), vector.previous],
      );
      const ballot = await prepare(election);
      assert.deepEqual([ballot.tracker, ballot.writtenTracker], [vector.tracker, vector.written_tracker]);
      assert.equal(await fixed(() => hex(ballot.cast())), vector.ballot);
      const opening = (await prepare(election)).open();
      assert.equal(hex(opening), vector.opening);
      for (const tracker of [vector.tracker, vector.written_tracker, vector.written_tracker.toLowerCase().replaceAll('-', ' ')]) {
        assert.deepEqual(election.checkOpening(opening, tracker, vector.voter_number), {
          voterNumber: vector.voter_number,
          style: vector.style,
          weight: BigInt(vector.weight),
          choices: JSON.parse(vector.choices),
        });
      }
    }
  }
});

test('choices are refused with the same words', async () => {
  for (const [{ ballots, refused_choices }, open] of elections) {
    const election = await open();
    for (const { choices, style, weight, problems } of refused_choices) {
      const found = election.checkChoices(JSON.parse(choices), style, BigInt(weight));
      assert.deepEqual(found.map(({ field, rule, message }) => ({ field, rule, message })), problems);
      const code = { code: 'choices-not-allowed', field: problems[0].field };
      const voter = election.credential(ballots.find((ballot) => ballot.style === style).code);
      assert.throws(() => voter.prepare(JSON.parse(choices)), code);
    }
  }
});

test('openings are refused with the same words', async () => {
  const election = await ballotta.openElection(record(), pinned);
  for (const { opening, tracker, voter_number, code, message } of vectors.refused_openings) {
    assert.throws(() => election.checkOpening(unhex(opening), tracker, voter_number), { name: 'BallottaError', code, message });
  }
});

test('records that a server changed are refused with the same words', async () => {
  for (const { path, bytes, code, message } of vectors.refused_records) {
    const files = record();
    if (bytes === null) files.delete(path);
    else files.set(path, unhex(bytes));
    await assert.rejects(ballotta.openElection(files, pinned), { name: 'BallottaError', code, message });
  }
});

test('a record fetched file by file is the same record', async () => {
  const files = record();
  const asked = [];
  const fetch = async (url) => {
    const path = decodeURIComponent(url.pathname.slice('/folder/'.length));
    asked.push(path);
    const file = files.get(path);
    return file ? new Response(file) : new Response('', { status: 404 });
  };
  const url = 'https://board.example/folder';
  const election = await ballotta.openElection({ url, fetch }, pinned);
  assert.equal(election.fingerprint, vectors.fingerprint);
  assert.deepEqual(asked.sort(), [...files.keys()].sort());
  const report = await ballotta.verify({ url, fetch }, { stage: 'voting', fingerprint: vectors.fingerprint });
  assert.equal(report.verdict, 'holds');
  const failing = (response) => ballotta.openElection({ url, fetch: async () => response() }, pinned);
  await assert.rejects(failing(() => new Response('', { status: 500 })), { code: 'network' });
  await assert.rejects(failing(() => Promise.reject(new TypeError('offline'))), { code: 'network' });
  await assert.rejects(failing(() => new Response('', { status: 404 })), { code: 'missing-file' });
  await assert.rejects(failing(() => new Response(new Uint8Array((1 << 20) + 1))), { code: 'unreadable-file' });
});

test('contests, styles and totals are plain and exact', async () => {
  const election = await ballotta.openElection(record(), pinned);
  assert.deepEqual([election.kind, election.languages, election.pinned, election.ballotsPerCredential], ['rehearsal', ['en'], true, 16]);
  const contests = election.contests('en', 's0');
  assert.deepEqual(contests.map(({ id, title }) => [id, title]), [['c0', 'Question 0'], ['c1', 'Question 1']]);
  assert.deepEqual(contests[0].rule, { kind: 'choose', min: 0, max: 2, blank: true });
  assert.deepEqual(election.contests('en', 's1').map(({ id }) => id), ['c1']);
  assert.throws(() => election.contests('xx'), { code: 'invalid-input', field: 'language' });
  await assert.rejects(ballotta.openElection(record(), { ...pinned, language: 'xx' }), { field: 'language' });
  assert.equal(election.board.opened, vectors.voted.entry - 1);
  assert.equal(election.credential(vectors.ballots[3].code).weight, 1_099_511_627_776n);
});

test('a seed draws the order of the options', async () => {
  const election = await ballotta.openElection(record(), pinned);
  const [contest] = election.contests('en');
  const seed = (byte) => new Uint8Array(32).fill(byte);
  const framed = (parts) => Buffer.concat(parts.map((part) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(part.length));
    return Buffer.concat([length, Buffer.from(part)]);
  }));
  const suite = JSON.parse(election.manifestText).suite;
  const place = (byte, id) => createHash('sha256').update(framed([suite, 'shown-order', seed(byte), contest.id, id].map((part) => Buffer.from(part)))).digest('hex');
  for (const byte of [1, 2, 3]) {
    const expected = contest.options.map(({ id }) => id).sort((a, b) => (place(byte, a) < place(byte, b) ? -1 : 1));
    assert.deepEqual(election.drawnOrder(contest.id, seed(byte)), expected);
  }
  assert.throws(() => election.drawnOrder('c99', seed(1)), { code: 'invalid-input', field: 'contest' });
  assert.throws(() => election.drawnOrder(contest.id, new Uint8Array(31)), { code: 'invalid-input', field: 'seed' });
  assert.throws(() => election.drawnOrder(contest.id, '1'.repeat(32)), { code: 'invalid-input', field: 'seed' });
});

test('without a limit the age of cosignatures says nothing', async () => {
  const election = await ballotta.openElection(record(), pinned);
  for (const now of [undefined, 0, 1_800_000_000.5, Number.MAX_SAFE_INTEGER]) assert.deepEqual(election.freshness(now), { state: 'no_limit' });
  for (const now of [-1, NaN, Infinity, 1n, '5', null]) assert.throws(() => election.freshness(now), { code: 'invalid-input', field: 'now' });
});

test('a ballot is found on the board', async () => {
  const election = await ballotta.openElection(record(), pinned);
  const { tracker, entry } = vectors.voted;
  const { voter_number } = vectors.ballots.find(({ previous }) => previous === tracker);
  const other = vectors.ballots.find((ballot) => ballot.voter_number !== voter_number);
  assert.deepEqual(election.findBallot(tracker, voter_number), { state: 'counted', entry, witnesses: null });
  assert.deepEqual(election.findBallot(` ${tracker.toUpperCase()}\n`, voter_number.toLowerCase()), { state: 'counted', entry, witnesses: null });
  assert.deepEqual(election.findBallot(tracker, other.voter_number), { state: 'of_another_voter', entry, witnesses: null });
  assert.deepEqual(election.findBallot(vectors.ballots[0].written_tracker, voter_number), { state: 'missing', witnesses: null });
  const nobody = vectors.other_election.voter_number;
  assert.throws(() => election.findBallot(tracker, nobody), { code: 'unknown-number' });
  assert.throws(() => election.findBallot('0'.repeat(64), nobody), { code: 'unknown-number' });
});

test('a typing slip is no answer about a ballot', async () => {
  const election = await ballotta.openElection(record(), pinned);
  const [{ written_tracker, voter_number, opening }] = vectors.ballots;
  const wrong = (text) => text.replace(/.$/, (last) => (last === 'Z' ? 'Y' : 'Z'));
  const slip = (field, message) => ({ name: 'BallottaError', code: 'typing-slip', field, message });
  const [tracker, number] = [
    slip('tracker/6', 'the tracker has a typing slip in group 6: compare it letter by letter'),
    slip('voterNumber/3', 'the voter number has a typing slip in group 3: compare it letter by letter'),
  ];
  for (const asked of [(...typed) => election.findBallot(...typed), (...typed) => election.checkOpening(unhex(opening), ...typed)]) {
    assert.throws(() => asked(wrong(written_tracker), voter_number), tracker);
    assert.throws(() => asked(written_tracker, wrong(voter_number)), number);
    assert.throws(() => asked(voter_number, voter_number), slip('tracker', 'this is a voter number, not a tracker'));
  }
});

test('the verifier reports as the command does', async () => {
  const seen = [];
  const report = await ballotta.verify(record(), { stage: 'voting', onProgress: (progress) => seen.push(progress.stage) });
  assert.equal(report.verdict, 'holds');
  assert.equal(report.fingerprint, vectors.fingerprint);
  assert.deepEqual([...new Set(seen)], ['roll', 'board', 'ballots']);
  const complete = await ballotta.verify(record());
  assert.equal(complete.verdict, 'not_complete');
  assert.ok(complete.failures.some(({ check }) => check === 'board.order'));
  const pin = await ballotta.verify(record(), { stage: 'voting', fingerprint: vectors.other_election.fingerprint });
  assert.ok(pin.failures.some(({ check }) => check === 'election.pinned'));
  const checkpoint = record().get('checkpoint');
  assert.equal((await ballotta.verify(record(), { stage: 'voting', checkpoint })).verdict, 'holds');
  await assert.rejects(ballotta.verify(record(), { checkpoint: new Uint8Array([1]) }), { code: 'bad-checkpoint' });
  const broken = new Error('mine');
  const onProgress = () => { throw broken; };
  await assert.rejects(ballotta.verify(record(), { stage: 'voting', onProgress }), broken);
});
