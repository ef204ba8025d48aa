// Measures how long the voting page needs to open an election in headless Chromium, over a connection of 10 Mbit/s with 100 ms
// to the server, and what it reads: opening.mjs RECORD FINGERPRINT. The pages must be built, and the record must have its files
// for light clients.
import { launch, missing } from '../tests/browser.mjs';
import { serve } from '../tests/server.mjs';

const [record, fingerprint] = process.argv.slice(2);
if (missing) throw new Error(missing);
if (!fingerprint) throw new Error('usage: opening.mjs RECORD FINGERPRINT');

const server = await serve({
  folders: { '/record/': `${record}/`, '/': new URL('../dist/', import.meta.url).pathname },
  slow: { latency: 100, bits: 10e6 },
  files: { '/booth.json': () => JSON.stringify({ record: 'record/', fingerprint }) },
});
try {
  const times = [];
  let read = [];
  for (let round = 0; round < 5; round += 1) {
    // A new profile: nothing is cached.
    const browser = await launch();
    const page = await browser.context.newPage();
    // The page notes when it shows its first step: the voting code, or that the voting is closed. A program outside that waits for it
    // would look too seldom.
    await page.addInitScript(() => {
      const look = () => {
        if (document.querySelector('#main form, #main button')) globalThis.shown ??= performance.timeOrigin + performance.now();
      };
      new MutationObserver(look).observe(document, { childList: true, subtree: true });
    });
    const before = server.answered.length;
    await page.goto(`${server.origin}/index.html`);
    const [start, shown] = await (await page.waitForFunction(() => globalThis.shown && [performance.timeOrigin, globalThis.shown])).jsonValue();
    read = server.answered.slice(before).filter(({ path }) => path.startsWith('/record/'));
    times.push([shown - start, shown - performance.timeOrigin - read[0].at]);
    await browser.close();
  }
  const median = (place) => Math.round(times.map((time) => time[place]).sort((one, other) => one - other)[2]);
  const bytes = read.reduce((sum, { length }) => sum + length, 0);
  console.log(JSON.stringify({ page: median(0), opening: median(1), requests: read.length, bytes }));
} finally {
  await server.close();
}
