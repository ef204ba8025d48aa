// Prints the hash of the package and the sizes of its files.
//
// The hash is SHA-256 over one line for each file, in ascending order of paths: 64 lower-case hexadecimal digits of the file's
// SHA-256, two spaces, the path, a line feed. This is the output of `sha256sum` over all files, sorted by path.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const files = readdirSync('dist', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.slice('dist/'.length))
  .sort();
let list = '';
for (const file of files) {
  const bytes = readFileSync(`dist/${file}`);
  list += `${sha256(bytes)}  ${file}\n`;
  if (!process.argv.includes('--hash')) console.log(`${String(bytes.length).padStart(8)}  ${file}`);
}
console.log(`package  ${sha256(list)}`);
