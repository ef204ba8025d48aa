// The library in a Web Worker, in Chromium.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { inBrowser, noBrowser } from './browser.mjs';
import { record, unhex, vectors } from './vectors.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ballotta-worker-'));

before(() => {
  cpSync(new URL('../dist', import.meta.url).pathname, join(folder, 'ballotta'), { recursive: true });
  for (const [path, bytes] of [...record(), ...Object.entries(vectors.light).map(([path, file]) => [path, unhex(file)])]) {
    const file = join(folder, 'record', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  writeFileSync(join(folder, 'index.html'), '<!doctype html><meta charset="utf-8"><title>worker</title>');
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a function in a page with a worker and helpers. */
async function inPage(work) {
  let answer;
  await inBrowser(folder, 'index.html', async (page) => {
    await page.evaluate(() => {
      // Describes an error as data that can be sent out of the browser.
      globalThis.refused = (promise) => promise.then(() => 'nothing', ({ name, code, field }) => ({ name, code, field }));
      // Waits for one turn of the event loop.
      globalThis.turn = () => new Promise((resolve) => setTimeout(resolve, 0));
    });
    const given = {
      fingerprint: vectors.fingerprint, code: vectors.ballots[1].code, choices: JSON.parse(vectors.ballots[1].choices), voted: { ...vectors.voted, number: vectors.ballots.find(({ previous }) => previous === vectors.voted.tracker).voter_number },
      number: vectors.ballots[1].voter_number, receipts: vectors.receipts,
    };
    answer = await page.evaluate(work, given);
    // The threads that are left, without ended workers.
    await page.waitForFunction(() => true);
    answer.workers = page.workers().length;
  });
  return answer;
}

const options = { skip: noBrowser, timeout: 60_000 };

test('the light client in a worker', options, async () => {
  const found = await inPage(async ({ fingerprint, code, choices, voted, number, receipts }) => {
    const { loadLightWorker } = await import('/ballotta/worker.js');
    const light = await loadLightWorker();
    const election = await light.openElection({ url: '/record/' }, { fingerprint });
    const [credential, own, other, refusedNumber] = await Promise.all([
      election.credential(code), election.findBallot(voted.tracker, voted.number), election.findBallot(voted.tracker, number),
      refused(election.findBallot('T-0', number)),
    ]);
    const ballot = await credential.prepare(choices);
    const checked = await election.checkOpening(await ballot.open(), ballot.writtenTracker, credential.voterNumber);
    const promised = [await election.readReceipt(receipts.given), await election.checkReceipt(receipts.broken, voted.tracker, voted.number)];
    const before = election.board;
    await election.refresh();
    const kept = (await light.openElection({ url: '/record/' }, { fingerprint, kept: before })).board;
    const forked = await refused(light.openElection({ url: '/record/' }, { fingerprint, kept: { ...before, root: '0'.repeat(64) } }));
    const loaded = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
    await election.free();
    const gone = await refused(credential.prepare(choices));
    light.terminate();
    return { own, other, refusedNumber, checked: checked.choices, choices, same: JSON.stringify([before, election.board, kept]), forked, loaded, gone, promised: [promised[0].entry, promised[1].state, promised[1].evidence.length] };
  });
  assert.deepEqual([found.own.state, found.other.state], ['on_board', 'not_shown']);
  assert.deepEqual(found.refusedNumber, { name: 'BallottaError', code: 'typing-slip', field: 'tracker' });
  assert.deepEqual(found.checked, found.choices);
  assert.deepEqual(found.promised, [vectors.voted.entry, 'promise_broken', vectors.receipts.evidence.length / 2]);
  const [before, after, kept] = JSON.parse(found.same);
  assert.deepEqual([after, kept], [before, before]);
  assert.deepEqual(found.forked, { name: 'BallottaError', code: 'forked-board', field: '' });
  assert.equal(found.gone.code, 'gone');
  assert.equal(found.workers, 0);
});

test('calls that overlap have each its own answer', options, async () => {
  const found = await inPage(async ({ fingerprint, code, choices, voted, number }) => {
    const { loadWorker } = await import('/ballotta/worker.js');
    const ballotta = await loadWorker();
    const [one, two] = await Promise.all(['unpinned', fingerprint].map((fingerprint) => ballotta.openElection({ url: '/record/' }, { fingerprint })));
    const [credential, other] = await Promise.all([one.credential(code), two.credential(code)]);
    const calls = [credential.prepare(choices), one.findBallot(voted.tracker, voted.number), refused(other.prepare({})), other.prepare(choices), two.findBallot('0'.repeat(64), number), two.findBallot(voted.tracker, number), refused(two.findBallot('T-0', number))];
    const [first, state, problem, second, missing, another, slip] = await Promise.all(calls);
    const checked = await two.checkOpening(await second.open(), second.writtenTracker, other.voterNumber);
    return {
      pinned: [one.pinned, two.pinned], same: first.tracker === second.tracker, state, problem, missing, another, slip, own: [credential.voterNumber, number], checked: checked.choices, choices,
      cast: (await first.cast()).length > 0, again: await refused(first.cast()),
    };
  });
  assert.deepEqual(found.pinned, [false, true]);
  assert.equal(found.same, false);
  assert.equal(found.state.state, 'counted');
  assert.equal(found.missing.state, 'missing');
  assert.equal(found.another.state, 'of_another_voter');
  assert.deepEqual(found.slip, { name: 'BallottaError', code: 'typing-slip', field: 'tracker' });
  assert.equal(...found.own);
  assert.equal(found.problem.code, 'choices-not-allowed');
  assert.deepEqual(found.checked, found.choices);
  assert.deepEqual([found.cast, found.again.code], [true, 'ballot-used']);
});

test('a worker verifies, and tells of its progress', options, async () => {
  const { verdicts, fingerprint, stages, total, pollution } = await inPage(async () => {
    const { loadWorker } = await import('/ballotta/worker.js');
    const ballotta = await loadWorker();
    const stages = [];
    const report = await ballotta.verify({ url: '/record/' }, { stage: 'voting', onProgress: ({ stage }) => stages.push(stage) });
    const complete = await ballotta.verify({ url: '/record/' });
    // A property that a page adds to all objects is not an answer of the worker.
    Object.prototype.progress = 1;
    Object.prototype.error = { code: 'gone', message: 'the page', field: '' };
    const again = await ballotta.verify({ url: '/record/' }, { stage: 'voting' });
    delete Object.prototype.progress;
    delete Object.prototype.error;
    return { verdicts: [report.verdict, complete.verdict], fingerprint: report.fingerprint, stages: [...new Set(stages)], total: typeof report.checks.length, pollution: again.verdict };
  });
  assert.deepEqual(
    [verdicts, fingerprint, stages, total, pollution],
    [['holds', 'not_complete'], vectors.fingerprint, ['roll', 'board', 'ballots'], 'number', 'holds'],
  );
});

test('a worker that is ended while it works ends what waits, and everything in it', options, async () => {
  const found = await inPage(async ({ fingerprint, code, choices, voted, number }) => {
    const { loadWorker } = await import('/ballotta/worker.js');
    const ballotta = await loadWorker();
    const election = await ballotta.openElection({ url: '/record/' }, { fingerprint });
    const credential = await election.credential(code);
    const ballot = await credential.prepare(choices);
    const waiting = [credential.prepare(choices), election.findBallot(voted.tracker, number), ballotta.verify({ url: '/record/' }), ballot.cast()].map(refused);
    ballotta.terminate();
    const pending = await Promise.all(waiting);
    const later = await Promise.all([ballot.cast(), credential.prepare(choices), ballotta.verify({ url: '/record/' })].map(refused));
    // Everything is already freed.
    await Promise.all([ballot.free(), credential.free(), election.free()]);
    ballotta.terminate();
    return { pending, later };
  });
  const gone = { name: 'BallottaError', code: 'gone', field: '' };
  assert.deepEqual(found.pending, [gone, gone, gone, gone]);
  assert.deepEqual(found.later, [gone, gone, gone]);
  assert.equal(found.workers, 0);
});

test('what cannot be handed over is refused, and a worker that does not load is ended', options, async () => {
  const found = await inPage(async ({ fingerprint }) => {
    const { load } = await import('/ballotta/index.js');
    const { loadWorker } = await import('/ballotta/worker.js');
    const { module } = await load();
    const wrong = [{ module: {} }, { module: () => 1 }, { verifier: 1 }, { worker: {} }, { worker: null }];
    const refusals = await Promise.all(wrong.map((options) => refused(loadWorker(options))));
    // A worker that runs another program gives no known answer, or fails.
    const stranger = new Worker(URL.createObjectURL(new Blob(['throw new Error("mine")'])));
    const failed = await refused(loadWorker({ worker: stranger }));
    const ballotta = await loadWorker({ module });
    const options = [{ stage: () => 1 }, { checkpoint: Symbol() }, { fingerprint: '' }, { checkpoint: new Uint8Array() }, { onProgress: 1 }];
    refusals.push(...await Promise.all(options.map((options) => refused(ballotta.verify({ url: '/record/' }, options)))));
    refusals.push(await refused(ballotta.openElection({ url: '/record/', fetch: () => 1 }, { fingerprint })));
    refusals.push(await refused(ballotta.openElection({ url: '/record/' }, {})));
    const controller = new AbortController();
    const opening = refused(ballotta.openElection({ url: '/record/', signal: controller.signal }, { fingerprint }));
    controller.abort();
    const aborted = await opening;
    const fine = (await ballotta.openElection({ url: '/record/' }, { fingerprint })).fingerprint;
    return { refusals, failed, aborted, fine };
  });
  const fields = ['module', 'module', 'verifier', 'worker', 'worker', 'stage', 'checkpoint', 'fingerprint', 'checkpoint', 'onProgress', 'fetch', 'fingerprint'];
  assert.deepEqual(found.refusals, fields.map((field) => ({ name: 'BallottaError', code: 'invalid-input', field })));
  assert.deepEqual(found.failed, { name: 'BallottaError', code: 'no-worker', field: 'worker-thread.js' });
  assert.equal(found.aborted.code, 'aborted');
  assert.equal(found.fine, vectors.fingerprint);
  assert.equal(found.workers, 1);
});
