// The unions of the types are what the library defines, and the README lists every code.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../../', import.meta.url).pathname;
const read = (path) => readFileSync(`${root}${path}`, 'utf8');
const every = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found);

/** The words of a union of literals. */
function union(file, name) {
  const [, body] = read(`bindings/wasm/js/${file}`).match(new RegExp(`export type ${name} =([^;]*);`)) ?? assert.fail(name);
  return every(body.replace(/\/\/.*$/gm, ''), /'([^']+)'/g);
}

/** The body of a function or an item of a Rust source, up to its closing brace. */
function body(path, begin, end) {
  const source = read(path);
  const start = source.indexOf(begin);
  assert.notEqual(start, -1, begin);
  return source.slice(start, source.indexOf(end, start));
}

test('CheckId is the list of checks', () => {
  const checks = every(read('crates/ballotta/src/verifier/checks.rs'), /^    \w+ = "([a-z.]+)", "/gm);
  assert.equal(checks.length, 30);
  assert.deepEqual(union('types.ts', 'CheckId'), checks);
});

test('ChoiceRule is the list of rules', () => {
  const rules = ['ballot/error.rs', 'contest/selection.rs'].flatMap((file) =>
    every(body(`crates/ballotta/src/${file}`, 'pub fn rule(&self)', '\n    }\n'), /=> "([a-z-]+)"/g));
  assert.deepEqual([...new Set(rules)].sort(), union('types.ts', 'ChoiceRule').sort());
});

test('Place has the places of failures', () => {
  const variants = every(body('crates/ballotta/src/verifier/report.rs', 'pub enum Place {', '\n}\n'), /^    (\w+)[ (,{]/gm);
  const snake = variants.map((name) => name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase());
  const [, place] = read('bindings/wasm/js/types.ts').match(/export type Place =(.*?);\n\n/s);
  const typed = every(place, /^  \| (?:'|\{ readonly )(\w+)/gm);
  assert.deepEqual(typed.sort(), snake.sort());
});

test('the other unions of the report', () => {
  for (const [name, type] of [['Status', 'status'], ['Effect', 'effect'], ['Verdict', 'verdict']]) {
    const variants = every(body('crates/ballotta/src/verifier/report.rs', `pub enum ${name} {`, '\n}\n'), /^    (\w+),/gm);
    const snake = variants.map((name) => name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase());
    const [, words] = read('bindings/wasm/js/types.ts').match(new RegExp(`readonly ${type}: ([^;]*);`));
    assert.deepEqual(every(words, /'(\w+)'/g).sort(), snake.sort(), name);
  }
});

test('MessageKind has kinds of the library', () => {
  const kinds = every(body('crates/ballotta/src/message.rs', 'pub const fn name(self)', '\n    }\n'), /=> "([a-z-]+)"/g);
  assert.equal(kinds.length, 13);
  for (const kind of union('types.ts', 'MessageKind')) assert.ok(kinds.includes(kind), kind);
});

test('the README explains every code', () => {
  const rows = every(read('bindings/wasm/README.md'), /^\| `([a-z-]+)` \|.*\|$/gm).filter((code) => code.includes('-') || ['gone', 'busy', 'network', 'aborted', 'closed', 'cancelled', 'internal'].includes(code));
  assert.deepEqual(rows.sort(), union('errors.ts', 'ErrorCode').sort());
});
