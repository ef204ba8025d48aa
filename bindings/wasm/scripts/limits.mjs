// Fails if a module is above its size limit, or a file contains the path of the build: limits.mjs [MODULE BYTES BROTLI_BYTES]..
import { readFileSync, readdirSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const words = process.argv.slice(2);
const faults = [];
while (words.length > 0) {
  const [name, bytes, brotli] = words.splice(0, 3);
  const module = readFileSync(`dist/${name}`);
  const compressed = brotliCompressSync(module, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  if (module.length > Number(bytes)) faults.push(`${name} has ${module.length} bytes, above ${bytes}`);
  if (compressed > Number(brotli)) faults.push(`${name} has ${compressed} bytes with brotli, above ${brotli}`);
  console.log(`${name}: ${module.length} bytes, ${compressed} with brotli -11`);
}
for (const file of readdirSync('dist')) {
  const text = readFileSync(`dist/${file}`, 'latin1');
  const path = /\/(?:root|home|Users)\/[\w./-]*/.exec(text);
  if (path) faults.push(`${file} names a path of the machine: ${path[0]}`);
  if (/\beval\(|new Function\b/.test(text)) faults.push(`${file} evaluates code`);
}
for (const fault of faults) console.error(fault);
process.exit(faults.length === 0 ? 0 : 1);
