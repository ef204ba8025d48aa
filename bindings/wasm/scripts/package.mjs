// Writes dist/package.json: what is published, without what builds it. And names the library of types with `Symbol.dispose`
// where the compiler does not: who uses the package may not have asked for it.
import { readFileSync, writeFileSync } from 'node:fs';

const { name, version, description, license } = JSON.parse(readFileSync('package.json', 'utf8'));
const entry = (file) => ({ types: `./${file}.d.ts`, default: `./${file}.js` });
const published = {
  name,
  version,
  description,
  license,
  keywords: ['election', 'voting', 'verifiable', 'cryptography', 'wasm'],
  type: 'module',
  main: './index.js',
  types: './index.d.ts',
  exports: {
    '.': entry('index'),
    './worker': entry('worker'),
    './worker-thread': './worker-thread.js',
    './ballotta.wasm': './ballotta.wasm',
    './verify.wasm': './verify.wasm',
    './package.json': './package.json',
  },
  sideEffects: ['./worker-thread.js'],
  engines: { node: '>=20.16' },
};
writeFileSync('dist/package.json', `${JSON.stringify(published, null, 2)}\n`);

for (const file of ['dist/index.d.ts', 'dist/worker.d.ts']) {
  writeFileSync(file, `/// <reference lib="esnext.disposable" />\n${readFileSync(file, 'utf8')}`);
}
