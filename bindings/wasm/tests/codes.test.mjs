// The list of codes has exactly the codes that are thrown.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../../', import.meta.url).pathname;
const read = (path) => readFileSync(`${root}${path}`, 'utf8');
const every = (text, pattern) => [...text.matchAll(pattern)].map(([, code]) => code);

test('ErrorCode lists every code', () => {
  const listed = every(read('bindings/wasm/js/errors.ts'), /^  \| '([a-z-]+)'/gm);
  const given = [];
  for (const file of ['voter.rs', 'record/published.rs', 'ballot/opening.rs']) {
    const code = read(`crates/ballotta/src/${file}`).match(/pub fn code\(.*?\n    \}\n/s)[0];
    given.push(...every(code, /=> "([a-z-]+)"/g));
  }
  for (const file of readdirSync(`${root}bindings/wasm/src`)) {
    given.push(...every(read(`bindings/wasm/src/${file}`), /(?:Refused|Self)::new\(\s*"([a-z-]+)"/g));
  }
  given.push(...every(read('bindings/wasm/src/error.rs'), /=> "([a-z-]+)"/g));
  for (const file of readdirSync(`${root}bindings/wasm/js`)) {
    given.push(...every(read(`bindings/wasm/js/${file}`), /(?:BallottaError|\.end)\(\s*'([a-z-]+)'/g));
  }
  given.push('invalid-input');
  assert.deepEqual([...new Set(given)].sort(), listed.sort());
});
