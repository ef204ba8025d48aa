// A page that encrypts in the worker stays responsive: its timers run while a ballot for 1 of 100 is prepared.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { launch, missing } from './browser.mjs';
import { timed } from './timed.mjs';
import { serve } from './server.mjs';

test('the page stays responsive while a ballot for 1 of 100 is prepared', { skip: missing, timeout: 120_000 }, async () => {
  const election = timed();
  const server = await serve({
    folders: { '/record/': join(election.folder, 'record'), '/ballotta/': new URL('../../../bindings/wasm/dist/', import.meta.url).pathname },
    files: { '/index.html': () => '<!doctype html><title>responsive</title>' },
  });
  const browser = await launch();
  try {
    const page = await browser.context.newPage();
    await page.goto(`${server.origin}/index.html`);
    const { worker, here } = await page.evaluate(async ({ fingerprint, code }) => {
      const choices = { 'of-100': { options: ['o3'] } };
      /** Counts the ticks of the page, and the longest time between two, while ten ballots are prepared. */
      const ticks = async (prepare) => {
        const channel = new MessageChannel();
        let [last, longest, count, running] = [performance.now(), 0, 0, true];
        const tick = () => {
          const now = performance.now();
          longest = Math.max(longest, now - last);
          last = now;
          count += 1;
          if (running) channel.port2.postMessage(0);
        };
        channel.port1.onmessage = tick;
        tick();
        const start = performance.now();
        for (let ballot = 0; ballot < 10; ballot += 1) await prepare();
        running = false;
        return { count, longest, took: performance.now() - start };
      };
      const prepare = async (library) => {
        const election = await library.openElection({ url: '/record/' }, { fingerprint });
        const credential = await election.credential(code);
        return () => credential.prepare(choices, { previous: null });
      };
      const worker = await ticks(await prepare(await (await import('/ballotta/worker.js')).loadWorker()));
      const here = await ticks(await prepare(await (await import('/ballotta/index.js')).load()));
      return { worker, here };
    }, { fingerprint: election.fingerprint, code: election.codes[1] });
    for (const [where, { count, longest, took }] of Object.entries({ worker, page: here })) {
      console.log(`in the ${where}: ${count} ticks, the longest wait ${longest.toFixed(1)} ms, ten ballots ${took.toFixed(0)} ms`);
    }
    // The limits are generous, because other processes share the machine. A blocked page ticks at most once for each ballot.
    assert.ok(worker.count >= 100, `${worker.count} ticks`);
    assert.ok(here.count <= 20, `${here.count} ticks without the worker: this test measures nothing`);
  } finally {
    await browser.close();
    await server.close();
    election.remove();
  }
});
