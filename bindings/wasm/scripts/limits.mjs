// Fails if the module is larger than it may be, or tells where it was built: limits.mjs BYTES BROTLI_BYTES
import { readFileSync, readdirSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const [bytes, brotli] = process.argv.slice(2).map(Number);
const module = readFileSync('dist/ballotta.wasm');
const compressed = brotliCompressSync(module, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
const faults = [];
if (module.length > bytes) faults.push(`ballotta.wasm has ${module.length} bytes, above ${bytes}`);
if (compressed > brotli) faults.push(`ballotta.wasm has ${compressed} bytes with brotli, above ${brotli}`);
for (const file of readdirSync('dist')) {
  const text = readFileSync(`dist/${file}`, 'latin1');
  const path = /\/(?:root|home|Users)\/[\w./-]*/.exec(text);
  if (path) faults.push(`${file} names a path of the machine: ${path[0]}`);
  if (/\beval\(|new Function\b/.test(text)) faults.push(`${file} evaluates code`);
}
for (const fault of faults) console.error(fault);
console.log(`ballotta.wasm: ${module.length} bytes, ${compressed} with brotli -11`);
process.exit(faults.length === 0 ? 0 : 1);
