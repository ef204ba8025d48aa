// Twenty voters through the pages, in a real browser, into a record that the command verifies.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, missing } from './browser.mjs';
import { Election } from './election.mjs';
import { serve } from './server.mjs';

const dist = new URL('../dist/', import.meta.url).pathname;
const shots = process.env.SCREENSHOTS;
const VOTERS = 20;

/** What voter `number` chooses: every kind of answer occurs, in both styles. */
function wish(number) {
  const chair = [['ada'], ['emmy'], ['bobby'], 'blank'][number % 4];
  const days = [[], ['monday'], ['monday', 'friday'], 'blank', ['sunday']][number % 5];
  const statute = [['yes'], ['no'], ['yes']][number % 3];
  return number % 3 === 2 ? { chair, days } : { chair, days, statute };
}

let election, server, browser, configuration;
const problems = [];

before(async () => {
  if (missing) return;
  const voters = Array.from({ length: VOTERS }, (_, number) => ({ style: number % 3 === 2 ? 'juniors' : 'members', weight: 1 + (number % 3) }));
  election = new Election(voters);
  configuration = { record: 'record/', fingerprint: election.fingerprint, endpoint: 'ballots' };
  let posted = 0;
  server = await serve({
    folders: { '/record/': join(election.folder, 'record'), '/': dist },
    files: { '/booth.json': () => JSON.stringify(configuration) },
    post: (path, body) => {
      if (path !== '/ballots') return 404;
      posted += 1;
      writeFileSync(join(election.folder, `posted${posted}`), body);
      try {
        election.add(`posted${posted}`);
        return 204;
      } catch {
        return 409;
      }
    },
  });
  browser = await launch();
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await server?.close();
  election?.remove();
});

async function open(path, { language = 'en', width = 900 } = {}) {
  const page = await browser.context.newPage();
  await page.setViewportSize({ width, height: 900 });
  page.on('console', (message) => { if (message.type() === 'error' && !/404|409/.test(message.text())) problems.push(message.text()); });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => { if (!request.url().startsWith(server.origin) && !request.url().startsWith('blob:')) problems.push(request.url()); });
  await page.goto(`${server.origin}/${path}`);
  await page.locator('#language option').first().waitFor({ state: 'attached' });
  await page.selectOption('#language', language);
  return page;
}

async function shot(page, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

async function mark(page, wish) {
  for (const [contest, marks] of Object.entries(wish)) {
    for (const value of marks === 'blank' ? [''] : marks) await page.check(`input[name="${contest}"][value="${value}"]`);
  }
}

/** From the code to the tracker. */
async function prepare(page, code, wish, name) {
  if (name) await shot(page, `${name}-1-code`);
  await page.fill('input[name=code]', code);
  await page.click('main button');
  await page.locator('fieldset').first().waitFor();
  await mark(page, wish);
  if (name) await shot(page, `${name}-2-choose`);
  await page.click('main form > button');
  await page.locator('.summary').waitFor();
  if (name) await shot(page, `${name}-3-review`);
  await page.click('.actions button:first-child');
  const tracker = await page.locator('#tracker').getAttribute('data-tracker');
  if (name) await shot(page, `${name}-4-tracker`);
  return tracker;
}

async function cast(page) {
  await page.click('#cast');
  await page.locator('a[href="check.html"]').waitFor();
}

async function opened(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#open')]);
  await page.locator('#credential').waitFor();
  return { path: await download.path(), credential: await page.locator('#credential').textContent() };
}

const trackers = [];

test('twenty voters', { skip: missing, timeout: 240_000 }, async () => {
  for (let number = 0; number < VOTERS; number += 1) {
    const [language, width] = [number % 2 ? 'it' : 'en', number % 2 ? 390 : 900];
    const page = await open('', { language, width });
    const name = number === 0 ? 'wide' : number === 1 ? 'narrow' : undefined;
    if (number === 2 || number === 3) {
      // The device is tested first, with other choices, on a second device that has the page by itself.
      const other = { ...wish(number), chair: ['ada'] };
      const tracker = await prepare(page, election.codes[number], other);
      const { path, credential } = await opened(page);
      if (number === 3) await shot(page, 'wide-5-opened');
      const check = await open('check.html', { language: 'en' });
      await check.setInputFiles('input[type=file]', path);
      await check.fill('#check-opening [name=tracker]', tracker.replace(/(.{4})/g, '$1 ').toUpperCase());
      await check.click('#check-opening button');
      await check.locator('#opened.good').waitFor();
      assert.equal(await check.locator('#opened #credential').textContent(), credential);
      assert.equal(await check.locator('#opened dd').first().textContent(), 'Ada');
      if (number === 3) await shot(check, 'check-1-holds');
      // A tracker that is another one.
      await check.fill('#check-opening [name=tracker]', 'ab'.repeat(32));
      await check.click('#check-opening button');
      await check.locator('#opened.problem').waitFor();
      if (number === 3) await shot(check, 'check-2-other');
      await check.close();
      await page.click('main button');
      // What was marked before is still marked: the voter changes it.
      await page.locator('fieldset').first().waitFor();
      await mark(page, wish(number));
      await page.click('main form > button');
      await page.click('.actions button:first-child');
      trackers[number] = await page.locator('#tracker').getAttribute('data-tracker');
      await cast(page);
    } else {
      trackers[number] = await prepare(page, election.codes[number], wish(number), name);
      await cast(page);
    }
    if (name) await shot(page, `${name}-6-done`);
    await page.close();
  }
});

test('a second ballot takes the place of the first', { skip: missing, timeout: 60_000 }, async () => {
  const page = await open('');
  const first = trackers[5];
  trackers[5] = await prepare(page, election.codes[5], { chair: ['emmy'], days: ['friday'] });
  assert.notEqual(trackers[5], first);
  assert.match(await page.locator('main').textContent(), /You have voted before/);
  await cast(page);
  const check = await open('check.html');
  for (const [tracker, state] of [[first, 'superseded'], [trackers[5], 'counted'], ['0'.repeat(64), 'missing']]) {
    await check.fill('#find textarea', tracker);
    await check.click('#find button');
    await check.locator(`#state[data-state=${state}]`).waitFor();
    await shot(check, `check-3-${state}`);
  }
  await page.close();
  await check.close();
});

test('what is not allowed is said beside the question', { skip: missing, timeout: 60_000 }, async () => {
  const page = await open('', { width: 390 });
  await page.fill('input[name=code]', 'no code');
  await page.click('main button');
  await page.locator('#status.problem').waitFor();
  await shot(page, 'narrow-7-code-wrong');
  await page.fill('input[name=code]', election.codes[6]);
  await page.click('main button');
  await page.locator('fieldset').first().waitFor();
  await page.check('input[name=days][value=monday]');
  await page.check('input[name=days][value=friday]');
  await page.check('input[name=days][value=sunday]');
  await page.click('main form > button');
  await page.locator('fieldset[data-contest=days][aria-invalid]').waitFor();
  assert.equal(await page.locator('fieldset[data-contest=days] .problem').textContent(), 'Too many answers.');
  assert.equal(await page.locator('fieldset[data-contest=chair] .problem').textContent(), 'Too few answers.');
  await shot(page, 'narrow-8-not-allowed');
  // A blank vote stands alone, and markup of the organiser is text.
  await page.check('input[name=days][value=""]');
  assert.equal(await page.locator('input[name=days]:checked').count(), 1);
  assert.equal(await page.locator('main img').count(), 0);
  assert.match(await page.locator('main').textContent(), /<img src=x onerror=/);
  assert.notEqual(await page.title(), 'owned');
  await page.close();
});

test('an election that the page was not made for is refused', { skip: missing, timeout: 60_000 }, async () => {
  const honest = configuration;
  const refused = async (text) => {
    const page = await browser.context.newPage();
    await page.goto(`${server.origin}/`);
    await page.locator('#status.problem').waitFor();
    assert.match(await page.locator('#status').textContent(), text);
    assert.equal(await page.locator('input').count(), 0);
    await page.close();
  };
  configuration = { ...honest, fingerprint: '1'.repeat(64) };
  await refused(/another election/);
  configuration = { ...honest, record: 'https://evil.example/record/' };
  await refused(/another server/);
  configuration = honest;
});

test('a ballot is saved where there is no ballot box', { skip: missing, timeout: 60_000 }, async () => {
  configuration = { ...configuration, endpoint: null };
  const page = await open('');
  await prepare(page, election.codes[7], { ...wish(7), statute: ['no'] });
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#cast')]);
  await download.saveAs(join(election.folder, 'saved'));
  assert.ok(existsSync(join(election.folder, 'saved')));
  // Not handed over: the first ballot of voter 7 counts.
  await page.close();
});

test('the page stays responsive while ballots are prepared', { skip: missing, timeout: 60_000 }, async () => {
  const page = await open('');
  await page.fill('input[name=code]', election.codes[9]);
  await page.click('main button');
  await page.locator('fieldset').first().waitFor();
  await mark(page, wish(9));
  await page.click('main form > button');
  await page.locator('.summary').waitFor();
  const longest = await page.evaluate(async () => {
    let [last, longest, running] = [performance.now(), 0, true];
    const tick = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      if (running) setTimeout(tick, 0);
    };
    tick();
    document.querySelector('.actions button').click();
    while (!document.querySelector('#tracker')) await new Promise((resolve) => setTimeout(resolve, 1));
    running = false;
    return longest;
  });
  // Generous: other processes share the machine. A ballot that held the page up would take as long as it takes.
  assert.ok(longest < 250, `${longest} ms`);
  await page.close();
});

test('the record verifies, and its result is the plain count', { skip: missing, timeout: 120_000 }, async () => {
  const report = election.finish();
  assert.equal(report.valid, true, JSON.stringify(report.failures));
  const expected = {};
  for (let number = 0; number < VOTERS; number += 1) {
    const chosen = number === 5 ? { chair: ['emmy'], days: ['friday'] } : wish(number);
    const { weight } = election.voters[number];
    for (const [contest, marks] of Object.entries(chosen)) {
      const count = (expected[contest] ??= { ballots: 0, weight: 0, options: {}, blank: 0 });
      count.ballots += 1;
      count.weight += weight;
      if (marks === 'blank') count.blank += weight;
      else for (const option of marks) count.options[option] = (count.options[option] ?? 0) + weight;
    }
  }
  for (const { id, ballots, weight, options, blank } of report.result.contests) {
    const counted = Object.fromEntries(options.filter(({ total }) => total > 0).map(({ id, total }) => [id, total]));
    const count = expected[id];
    assert.deepEqual({ ballots, weight, options: counted, blank: blank ?? 0 }, { ...count, options: Object.fromEntries(options.flatMap(({ id }) => (count.options[id] ? [[id, count.options[id]]] : []))) });
  }
  assert.equal(report.result.counted_ballots, VOTERS);
  const check = await open('check.html');
  await check.fill('#find textarea', trackers[0]);
  await check.click('#find button');
  await check.locator('#state[data-state=counted]').waitFor();
  assert.match(await check.locator('#found').textContent(), /1 witnesses have seen this board/);
  await shot(check, 'check-4-closed');
  await check.close();
  assert.deepEqual(problems, []);
});

test('the pages ask no other server, and hold no markup of others', { skip: missing }, async () => {
  const { readdirSync, readFileSync } = await import('node:fs');
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.name.endsWith('.wasm'));
  for (const entry of files) {
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    assert.doesNotMatch(text, /https?:\/\/(?!www\.w3\.org)/, entry.name);
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, entry.name);
  }
});
