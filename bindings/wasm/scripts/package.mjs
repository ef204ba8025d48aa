// Writes dist/package.json without the fields for building. Also adds a reference to the type library with
// `Symbol.dispose` where the compiler does not, since users of the package may not have included it.
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
    './light': entry('light'),
    './worker': entry('worker'),
    './worker-thread': './worker-thread.js',
    './ballotta.wasm': './ballotta.wasm',
    './light.wasm': './light.wasm',
    './verify.wasm': './verify.wasm',
    './package.json': './package.json',
  },
  sideEffects: ['./worker-thread.js'],
  engines: { node: '>=20.16' },
};
writeFileSync('dist/package.json', `${JSON.stringify(published, null, 2)}\n`);

for (const file of ['dist/index.d.ts', 'dist/light.d.ts', 'dist/worker.d.ts', 'dist/prepared.d.ts']) {
  writeFileSync(file, `/// <reference lib="esnext.disposable" />\n${readFileSync(file, 'utf8')}`);
}
