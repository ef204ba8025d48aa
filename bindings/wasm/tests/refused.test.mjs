// Browsers and pages that do not allow WebAssembly.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inBrowser, noBrowser } from './browser.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ballotta-refused-'));
const options = { skip: noBrowser, timeout: 60_000 };

before(() => {
  cpSync(new URL('../dist', import.meta.url).pathname, join(folder, 'ballotta'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><meta charset="utf-8"><title>refused</title>');
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The errors of both ways to load the library. */
async function loading(policy, prepare = () => undefined) {
  let found;
  await inBrowser(folder, 'index.html', async (page) => {
    await page.evaluate(prepare);
    found = await page.evaluate(async () => {
      const { BallottaError, load } = await import('/ballotta/index.js');
      const { loadWorker } = await import('/ballotta/worker.js');
      const refused = (promise) => promise.then(() => 'nothing', (error) => ({
        own: error instanceof BallottaError, code: error.code, message: error.message, cause: error.cause instanceof Error && error.cause.name,
      }));
      const wrong = load(Uint8Array.of(1, 2, 3));
      return [await refused(load()), await refused(loadWorker()), await refused(wrong)];
    });
  }, policy);
  return found;
}

test('a content security policy that refuses WebAssembly', options, async () => {
  // A worker has the policy of its own file, which is the same here.
  for (const { own, code, message, cause } of await loading("default-src 'self'; script-src 'self' 'unsafe-inline'")) {
    assert.deepEqual([own, code], [true, 'no-webassembly']);
    // An error that a worker sends loses its type.
    assert.match(cause, /^(CompileError|Error)$/);
    assert.match(message, /'wasm-unsafe-eval'/);
  }
});

test('a browser without WebAssembly', options, async () => {
  // It is removed from the page, but not from workers.
  const [loaded, inWorker, wrong] = await loading(undefined, () => { delete globalThis.WebAssembly; });
  for (const { own, code, message } of [loaded, wrong]) {
    assert.deepEqual([own, code], [true, 'no-webassembly']);
    assert.match(message, /no WebAssembly/);
  }
  assert.equal(inWorker, 'nothing');
});

test('a module that is none is not a refusal', options, async () => {
  const [loaded, inWorker, wrong] = await loading(undefined);
  assert.deepEqual([loaded, inWorker, wrong.code], ['nothing', 'nothing', 'invalid-input']);
});
