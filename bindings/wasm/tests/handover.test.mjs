// The files that voters hand over: those of the package and those of the command are the same.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { BallottaError, load } from 'ballotta';
import { pinned, record, vectors } from './vectors.mjs';

const command = process.env.BALLOTTA;
const missing = command !== undefined && existsSync(command) ? false : 'BALLOTTA does not say where the command `ballotta` is';

/** An election of two voters that is open, made with the command. */
function election(folder) {
  const run = (...words) => execFileSync(command, words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
  writeFileSync(join(folder, 'pass'), 'the passphrase of the trustee\n');
  const secret = ['--passphrase-file', 'pass'];
  const organiser = run('organiser', 'new', '--out', 'organiser.key');
  const office = run('authority', 'new', '--out', 'office.key');
  const board = run('board', 'new', '--name', 'board.example/club', '--out', 'board.key');
  const anna = run('trustee', 'new', '--out', 'anna.age', ...secret, '--work-factor', '4');
  run('manifest', 'new', '--title', 'Chess club', '--rehearsal', '--language', 'en', '--contest', 'chair=Chair', '--option', 'chair/ada=Ada',
    '--option', 'chair/emmy=Emmy', '--organiser', organiser, '--authority', `Office=${office}`, '--trustee', `Anna=${anna}`, '--threshold', '1',
    '--board', `board.example/club=${board}`, '--closing', 'statements', '--minimum-ballots', '2', '--out', 'manifest.json');
  run('record', 'new', '--manifest', 'manifest.json', '--board-key', 'board.key', 'record');
  const add = (...files) => run('board', 'add', 'record', '--board-key', 'board.key', ...files);
  for (const round of [1, 2, 3, 4]) {
    run('trustee', 'ceremony', 'record', '--key', 'anna.age', '--out', `anna.${round}`, ...secret);
    add(`anna.${round}`);
  }
  const fingerprint = run('credentials', 'issue', 'record', '--voters', '2', '--codes', 'codes.csv');
  const letters = readFileSync(join(folder, 'codes.csv'), 'utf8').trim().split('\n').slice(1).map((line) => line.split(','));
  const [codes, numbers] = [1, 2].map((column) => letters.map((letter) => letter[column]));
  run('authority', 'sign', 'record', '--key', 'office.key', '--fingerprint', fingerprint, '--out', 'signature');
  add('signature');
  run('organiser', 'open', 'record', '--key', 'organiser.key', '--out', 'opening');
  add('opening');
  const files = new Map();
  for (const entry of readdirSync(join(folder, 'record'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(relative(join(folder, 'record'), path), readFileSync(path));
  }
  return { run, add, fingerprint, codes, numbers, files };
}

test('the command takes what the package makes', { skip: missing, timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ballotta-handover-'));
  try {
    const { run, add, fingerprint, codes, numbers, files } = election(folder);
    const opened = await (await load()).openElection(files, { fingerprint });
    const credential = opened.credential(codes[0]);
    assert.equal(credential.voterNumber, numbers[0]);
    const choices = { chair: { options: ['ada'] } };

    const tested = credential.prepare(choices);
    writeFileSync(join(folder, 'test.opening'), opened.toText('ballot-opening', tested.open()));
    assert.match(run('voter', 'check-opening', 'record', 'test.opening', '--tracker', tested.writtenTracker, '--voter-number', numbers[0]), /Ada/);

    const ballot = credential.prepare(choices);
    const bytes = ballot.cast();
    writeFileSync(join(folder, 'my-ballot'), opened.toText('ballot', bytes));
    add('my-ballot');
    assert.match(run('voter', 'check', 'record', '--tracker', ballot.tracker, '--voter-number', numbers[0]), /count/);
    assert.deepEqual(opened.fromText('ballot', readFileSync(join(folder, 'my-ballot'), 'utf8')), bytes);
    // The bytes alone are no message file.
    writeFileSync(join(folder, 'bytes'), bytes);
    assert.throws(() => add('bytes'), /the file was refused/);

    // The package reads what the command makes.
    writeFileSync(join(folder, 'code'), codes[1]);
    run('voter', 'prepare', 'record', '--choose', 'chair=emmy', '--code-file', 'code', '--out', 'other');
    const { tracker } = JSON.parse(run('--json', 'inspect', 'other'));
    run('voter', 'open', 'other', '--out', 'other.opening');
    const opening = opened.fromText('ballot-opening', readFileSync(join(folder, 'other.opening'), 'utf8'));
    assert.deepEqual(opened.checkOpening(opening, tracker, numbers[1]).choices, { chair: { options: ['emmy'] } });
    opened.free();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('texts that are no message file', async () => {
  const opened = await (await load()).openElection(record(), pinned);
  const [{ code, choices }] = vectors.ballots.slice(1);
  const bytes = opened.credential(code).prepare(JSON.parse(choices)).cast();
  const text = opened.toText('ballot', bytes);
  assert.match(text, /^ballotta\/v1-draft\.\d+\/ballot\n[A-Za-z0-9+/]+=*\n$/);
  for (const same of [text, `\u{feff}${text}`, text.replaceAll('\n', '\r\n'), `${text}\n\n`, text.trimEnd()]) {
    assert.deepEqual(opened.fromText('ballot', same), bytes);
  }
  for (const other of ['', text.split('\n')[1], text.replace('/ballot', '/vote'), text.replace('draft', 'draught'), `${text}AA==\n`, text.slice(0, -3)]) {
    assert.throws(() => opened.fromText('ballot', other), { name: 'BallottaError', code: 'bad-text', field: 'text' }, other.slice(0, 40));
  }
  assert.throws(() => opened.fromText('ballot-opening', text), { code: 'bad-text' });
  assert.throws(() => opened.toText('vote', bytes), { code: 'invalid-input', field: 'kind' });
  assert.throws(() => opened.toText('ballot', text), { code: 'invalid-input', field: 'bytes' });
  assert.throws(() => opened.fromText('ballot', bytes), { code: 'invalid-input', field: 'text' });
  assert.ok(new BallottaError('bad-text', '') instanceof Error);
  opened.free();
});
