// Runs the README's examples from the packed tarball in fresh folders: a Vite app, a bare page, a Node script. Tests the types.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { inBrowser, noBrowser } from './browser.mjs';
import { record, vectors } from './vectors.mjs';

const here = new URL('..', import.meta.url).pathname;
const root = mkdtempSync(join(tmpdir(), 'ballotta-package-'));
const run = (program, words, cwd) => execFileSync(program, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const [vite, light, receipts, bare, node] = readFileSync(join(here, 'README.md'), 'utf8')
  .split('```')
  .filter((part) => /^(ts|html|js)\n/.test(part))
  .map((part) => part.slice(part.indexOf('\n') + 1));
let tarball;

before(() => {
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', root], join(here, 'dist')));
  tarball = join(root, filename);
});
after(() => rmSync(root, { recursive: true, force: true }));

/** Makes a fresh folder with the package as npm unpacks it, and the record of the vectors. */
function folder(name, place = 'node_modules/ballotta') {
  const made = join(root, name);
  mkdirSync(join(made, place), { recursive: true });
  run('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(made, place)], made);
  return made;
}

function writeRecord(folder) {
  for (const [path, bytes] of record()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

test('the tarball holds what it should', () => {
  const files = run('tar', ['-tzf', tarball], root).trim().split('\n').map((file) => file.slice('package/'.length)).sort();
  for (const needed of ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE', 'ballotta.wasm', 'light.wasm', 'light.js', 'light.d.ts', 'verify.wasm', 'index.js', 'index.d.ts', 'worker.js', 'worker-thread.js']) {
    assert.ok(files.includes(needed), needed);
  }
  assert.ok(files.every((file) => /\.(js|d\.ts|wasm|json|md)$|^LICENSE-/.test(file)), String(files));
});

test('a script of Node', () => {
  const made = folder('node');
  writeRecord(join(made, 'record'));
  writeFileSync(join(made, 'verify.mjs'), node);
  assert.equal(run('node', ['verify.mjs'], made).trim(), `holds ${vectors.fingerprint}`);
});

test('a page without tools', { skip: noBrowser, timeout: 60_000 }, async () => {
  const made = folder('bare', 'ballotta');
  writeRecord(join(made, 'record'));
  writeFileSync(join(made, 'index.html'), `<!doctype html><meta charset="utf-8"><title>..</title><body>${bare}</body>`);
  const { tracker } = vectors.voted;
  const { voter_number } = vectors.ballots.find(({ previous }) => previous === tracker);
  await inBrowser(made, 'index.html', async (page) => {
    await page.locator('p').waitFor();
    await page.fill('[name=tracker]', tracker);
    await page.fill('[name=number]', voter_number);
    await page.click('button');
    await page.waitForFunction(() => document.title === 'counted');
    assert.match(await page.locator('p').textContent(), /compare F(-[0-9A-Z]{5}){5}-[0-9A-Z]{3} with/);
  });
  // Before anything is typed the page looks for nothing, and reports no error.
  await inBrowser(made, 'index.html', async (page, problems) => {
    await page.locator('p').waitFor();
    assert.equal(await page.title(), '..');
    assert.deepEqual(problems.filter((problem) => !/404/.test(problem)), []);
  });
});

test('an app of Vite', { skip: noBrowser, timeout: 120_000 }, async () => {
  const made = folder('vite');
  symlinkSync(join(here, 'node_modules/vite'), join(made, 'node_modules/vite'));
  writeRecord(join(made, 'public/record'));
  const [{ code, choices }] = vectors.ballots;
  const given = `declare const FINGERPRINT: string;\nconst code: string = '${code}';\n`
    + "const showNumber = (number: string) => void number;\nconst show = (tracker: string) => { document.title = `prepared ${tracker}`; };\n";
  // The choices in the README belong to another election.
  const own = /^const choices: Choices = .*$/m;
  assert.match(vite, own);
  const app = `${given}${vite.replace(own, `const choices: Choices = ${choices};`)}\ndocument.title = \`cast \${bytes.length} \${ballot.tracker}\`;\nexport {};\n`;
  writeFileSync(join(made, 'main.ts'), app);
  writeFileSync(join(made, 'index.html'), '<!doctype html><meta charset="utf-8"><title>..</title><script type="module" src="./main.ts"></script>');
  writeFileSync(join(made, 'vite.config.js'), `export default {
    build: { target: 'es2022' }, worker: { format: 'es' }, optimizeDeps: { exclude: ['ballotta'] },
    define: { FINGERPRINT: JSON.stringify('${vectors.fingerprint}') },
  };`);
  run('node', [join(here, 'node_modules/vite/bin/vite.js'), 'build'], made);
  // The examples are compiled as they are in the README, with the oldest supported target.
  writeFileSync(join(made, 'readme.ts'), `${given}${vite}\nexport {};\n`);
  const declared = 'declare const [tracker, number, receipt]: string[], choices: {}, kept: { entries: number; root: string } | undefined;\ndeclare function save(evidence: Uint8Array): void;';
  writeFileSync(join(made, 'light.ts'), `${given}${declared}\n${light}\n${receipts}\nexport {};\n`);
  const compilerOptions = { target: 'ES2022', lib: ['ES2022', 'DOM'], types: [], module: 'ESNext', moduleResolution: 'bundler', strict: true, noEmit: true };
  writeFileSync(join(made, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['readme.ts', 'light.ts', 'main.ts'] }));
  run('node', [join(here, 'node_modules/typescript/bin/tsc'), '-p', '.'], made);
  await inBrowser(join(made, 'dist'), 'index.html', async (page, problems) => {
    await page.waitForFunction(() => document.title.startsWith('cast'), undefined, { timeout: 30_000 }).catch(() => assert.fail(problems.join('\n')));
    assert.match(await page.title(), /^cast \d+ [0-9a-f]{64}$/);
  });
});

test('the types need no library of a browser', () => {
  const made = folder('bare-types');
  const compiler = join(here, 'node_modules/typescript/bin/tsc');
  const options = ['--lib', 'es2022', '--types', '', '--target', 'es2022', '--module', 'nodenext', '--strict', '--skipLibCheck', 'false', '--noEmit'];
  const files = ['index', 'light', 'worker'].map((name) => `node_modules/ballotta/${name}.d.ts`);
  run('node', [compiler, ...options, ...files], made);
  // A program without such a library can use everything that it can get.
  writeFileSync(join(made, 'uses.mts'), `
    import { type AnyElection, BallottaError, load } from 'ballotta';
    import { loadWorker } from 'ballotta/worker';
    export async function uses(files: Map<string, Uint8Array>, bytes: Uint8Array): Promise<string | null> {
      const ballotta = await load(bytes);
      const worker = await loadWorker({ module: ballotta.module });
      const elections: AnyElection[] = [await ballotta.openElection(files, { fingerprint: 'unpinned' }), await worker.openElection({ url: '/record/' }, { fingerprint: 'unpinned' })];
      const report = await ballotta.verify({ url: { href: 'https://example.org/record/' } });
      if (new BallottaError('closed', '').cause === undefined) return report.verdict;
      return (await elections[0]?.findBallot('0', '0'))?.state ?? null;
    }
  `);
  run('node', [compiler, ...options, 'uses.mts'], made);
});

test('the types are what is there', () => {
  const made = folder('types');
  cpSync(join(here, 'tests/types'), made, { recursive: true });
  run('node', [join(here, 'node_modules/typescript/bin/tsc'), '-p', '.'], made);
});
