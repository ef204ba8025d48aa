// What a ballot costs in headless Chromium: loading the module, and preparing and signing 1 of 10 and 1 of 100. Medians.
import { join } from 'node:path';
import { launch, missing } from '../tests/browser.mjs';
import { Election } from '../tests/election.mjs';
import { serve } from '../tests/server.mjs';

if (missing) throw new Error(missing);
const contest = (count) => ({
  id: `of-${count}`,
  title: { en: `1 of ${count}`, it: `1 di ${count}` },
  rule: { kind: 'choose', min: 1, max: 1, blank: false },
  options: Array.from({ length: count }, (_, number) => ({ id: `o${number}`, title: { en: `Option ${number}`, it: `Opzione ${number}` } })),
});
const election = new Election([{ style: 'ten', weight: 1 }, { style: 'hundred', weight: 1 }], (manifest) => {
  manifest.contests = [contest(10), contest(100)];
  manifest.styles = [{ id: 'ten', contests: ['of-10'] }, { id: 'hundred', contests: ['of-100'] }];
});
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
    const library = await load();
    const rows = [['load', await time(11, () => load())]];
    rows.push(['open an election', await time(5, async () => (await library.openElection({ url: '/record/' }, { fingerprint })).free())]);
    const opened = await library.openElection({ url: '/record/' }, { fingerprint });
    for (const [code, count, rounds] of [[codes[0], 10, 51], [codes[1], 100, 21]]) {
      const credential = opened.credential(code);
      const choices = { [`of-${count}`]: { options: ['o3'] } };
      const ballot = () => credential.prepare(choices, { previous: null }).cast();
      await time(5, ballot);
      rows.push([`prepare and sign 1 of ${count}`, await time(rounds, ballot)]);
    }
    return rows;
  }, { fingerprint: election.fingerprint, codes: election.codes });
  for (const [what, milliseconds] of measured) console.log(`${milliseconds.toFixed(2).padStart(9)} ms  ${what}`);
} finally {
  await browser.close();
  await server.close();
  election.remove();
}
