// Measures how long a voter waits in headless Chromium, and natively: loading the module, opening an election for the first time
// and again, preparing and signing 1 of 10, 1 of 100 and pairs of 10 with ties. All values but the first opening are medians.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { launch, missing } from '../tests/browser.mjs';
import { timed } from '../tests/timed.mjs';
import { serve } from '../tests/server.mjs';

if (missing) throw new Error(missing);
const election = timed();
const server = await serve({
  folders: { '/record/': join(election.folder, 'record'), '/ballotta/': new URL('../../../bindings/wasm/dist/', import.meta.url).pathname },
  files: { '/index.html': () => '<!doctype html><title>bench</title>' },
});
const browser = await launch();
try {
  const page = await browser.context.newPage();
  await page.goto(`${server.origin}/index.html`);
  const measured = await page.evaluate(async ({ fingerprint, codes }) => {
    const { load } = await import('/ballotta/index.js');
    const median = (times) => times.sort((one, other) => one - other)[Math.floor(times.length / 2)];
    const time = async (rounds, work) => {
      const times = [];
      for (let round = 0; round < rounds; round += 1) {
        const start = performance.now();
        await work();
        times.push(performance.now() - start);
      }
      return median(times);
    };
    const rows = [['load the module', await time(11, () => load())]];
    const library = await load();
    const open = async () => (await library.openElection({ url: '/record/' }, { fingerprint })).free();
    // Only once, because the browser has not optimised the module yet.
    rows.push(['open the election, the first time', await time(1, open)]);
    for (let round = 0; round < 5; round += 1) await open();
    rows.push(['open the election', await time(21, open)]);
    const opened = await library.openElection({ url: '/record/' }, { fingerprint });
    const ranking = [['o3'], ['o1', 'o7'], ['o0'], ['o2', 'o4', 'o5'], ['o9']];
    const ballots = [
      ['1 of 10', { 'of-10': { options: ['o3'] } }, 51],
      ['1 of 100', { 'of-100': { options: ['o3'] } }, 21],
      ['pairs of 10, with ties', { pairs: { ranking } }, 21],
    ];
    for (const [number, [name, choices, rounds]] of ballots.entries()) {
      const credential = opened.credential(codes[number]);
      const ballot = () => credential.prepare(choices, { previous: null }).cast();
      await time(5, ballot);
      rows.push([`prepare and sign ${name}`, await time(rounds, ballot)]);
    }
    return rows;
  }, { fingerprint: election.fingerprint, codes: election.codes });
  const native = JSON.parse(execFileSync(process.env.VOTER, [join(election.folder, 'record'), ...election.codes], { encoding: 'utf8' }));
  const beside = [null, null, native.open, ...native.ballots];
  const cell = (value) => (value === null ? '' : value.toFixed(1)).padStart(12);
  console.log(`${'Chromium ms'.padStart(12)}${'native ms'.padStart(12)}`);
  measured.forEach(([what, milliseconds], row) => console.log(`${cell(milliseconds)}${cell(beside[row])}  ${what}`));
} finally {
  await browser.close();
  await server.close();
  election.remove();
}
