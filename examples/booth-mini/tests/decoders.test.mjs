// Lengths of 32 bits (modules) and of 64 bits (command) must give the same answers on changed records.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { load } from 'ballotta';
import { Election } from './election.mjs';

const CHANGES_A_FILE = 12;
const command = process.env.BALLOTTA ?? 'ballotta';
let election, ballotta, tracker;
const files = new Map();

before(async () => {
  ballotta = await load();
  election = new Election([{ style: 'juniors', weight: 3 }, { style: 'juniors', weight: 1 }]);
  const opened = await ballotta.openElection(record(), { fingerprint: election.fingerprint });
  for (const [number, code] of election.codes.entries()) {
    const ballot = opened.credential(code).prepare({ chair: { options: ['ada'] }, days: number ? 'blank' : { options: [] } });
    ({ tracker } = ballot);
    const text = `ballotta/v1-draft.5/ballot\n${Buffer.from(ballot.cast()).toString('base64')}\n`;
    writeFileSync(join(election.folder, `ballot${number}`), text);
    election.add(`ballot${number}`);
  }
  assert.equal(election.finish().verdict, 'holds');
  for (const [path, bytes] of record()) files.set(path, bytes);
}, { timeout: 120_000 });

after(() => election?.remove());

function record() {
  const found = new Map();
  const folder = join(election.folder, 'record');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found.set(path.slice(folder.length + 1), new Uint8Array(readFileSync(path)));
  }
  return found;
}

/** Random numbers that are the same in every run. */
function* numbers(seed) {
  for (let state = seed >>> 0; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

/** Lengths and counts that need 64 bits, and their values after truncation to 32 bits. */
const WIDE = [[0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0x80], [1, 0, 0, 0, 1, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]];
const WIDE_TEXT = ['4294967295', '4294967296', '4294967297', '9007199254740993', '18446744073709551615', '18446744073709551617', '-1', '1e9'];

function changed(bytes, random) {
  const next = (below) => random.next().value % below;
  const place = next(bytes.length);
  const copy = Uint8Array.from(bytes);
  const at = (part) => Uint8Array.from([...bytes.subarray(0, place), ...part, ...bytes.subarray(place + part.length)]);
  const text = new TextDecoder('latin1').decode(bytes);
  const counts = [...text.matchAll(/\b\d+\b/g)];
  switch (next(6)) {
    case 0: copy[place] ^= 1 << next(8); return copy;
    case 1: return bytes.subarray(0, place);
    case 2: return Uint8Array.from([...bytes, ...bytes.subarray(0, 1 + next(64))]);
    case 3: return Uint8Array.from([...bytes.subarray(0, place), ...bytes.subarray(place + 1 + next(32))]);
    case 4: if (counts.length > 0) {
      const { 0: digits, index } = counts[next(counts.length)];
      const number = WIDE_TEXT[next(WIDE_TEXT.length)];
      return Uint8Array.from(Buffer.from(text.slice(0, index) + number + text.slice(index + digits.length), 'latin1'));
    }
    // falls through
    default: return at(WIDE[next(WIDE.length)]);
  }
}

/** The command's answer: its output, or its error message. */
function native(words) {
  const { stdout, stderr } = spawnSync(command, words, { cwd: election.folder, encoding: 'utf8' });
  if (stdout !== '') return JSON.parse(stdout);
  return JSON.parse(stderr.trim().split('\n').at(-1)).error;
}

/** What the command says of a ballot. It says nothing of a board that too few witnesses saw. */
function answer({ state, witnesses }) {
  if (witnesses === null || witnesses.enough) return state;
  const { cosigned, members, quorum } = witnesses;
  return `${cosigned} of ${members} witnesses cosigned the board at the close; the manifest requires ${quorum}`;
}

/** Totals in the form of the command's JSON. */
const plain = (value) => JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? Number(item) : item)));

test('a changed record is the same to the module and to the command', { timeout: 300_000 }, async () => {
  const random = numbers(7);
  let [compared, refusals] = [0, new Set()];
  const number = election.numbers[1];
  for (const [path, bytes] of files) {
    for (let change = 0; change < CHANGES_A_FILE; change += 1) {
      const other = changed(bytes, random);
      const place = join(election.folder, 'record', path);
      writeFileSync(place, other);
      const given = new Map(files).set(path, other);
      const where = `${path}: ${Buffer.from(other).toString('base64').slice(0, 4000)}`;
      const report = native(['verify', 'record', '--json']);
      // The command adds the kind of the election to the report of the library.
      delete report.rehearsal;
      assert.deepEqual(plain(await ballotta.verify(given)), report, where);
      const opening = ballotta.openElection(given, { fingerprint: election.fingerprint });
      const found = await opening.then((opened) => answer(opened.findBallot(tracker, number))).catch(({ message }) => message);
      const said = native(['voter', 'check', 'record', '--tracker', tracker, '--voter-number', number, '--whole', '--json']);
      assert.equal(found, typeof said === 'string' ? said : said.state, where);
      refusals.add(found.replace(/[0-9a-f]{64}|\d+/g, '#'));
      compared += 1;
      writeFileSync(place, bytes);
    }
  }
  // Otherwise the changes did not reach a decoder.
  assert.ok(compared >= 100 && refusals.size >= 20, `${compared} records, ${refusals.size} answers`);
});
