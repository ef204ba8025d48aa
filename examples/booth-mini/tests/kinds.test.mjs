// Every kind of contest on the pages, in a real browser, and the command verifies the record.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, missing } from './browser.mjs';
import { Election } from './election.mjs';
import { CONTESTS, mark, same, wish } from './kinds.mjs';
import { serve } from './server.mjs';

const dist = new URL('../dist/', import.meta.url).pathname;
const shots = process.env.SCREENSHOTS;
const WEIGHTS = [1, 3, 7, 2, 5, 1];

let election, server, browser;
const problems = [];
let posted = 0;

before(async () => {
  if (missing) return;
  election = new Election(WEIGHTS.map((weight) => ({ style: 'all', weight })), (manifest) => {
    manifest.weights.max = 7;
    manifest.contests = CONTESTS;
    manifest.styles = [{ id: 'all', contests: CONTESTS.map(({ id }) => id) }];
  });
  server = await serve({
    folders: { '/record/': join(election.folder, 'record'), '/': dist },
    files: { '/booth.json': () => JSON.stringify({ record: 'record/', fingerprint: election.fingerprint, endpoint: 'ballots' }) },
    post: (_, body) => {
      posted += 1;
      writeFileSync(join(election.folder, `posted${posted}`), body);
      election.add(`posted${posted}`);
      return 204;
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
  page.on('console', (message) => { if (message.type() === 'error' && !/404/.test(message.text())) problems.push(message.text()); });
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(`${server.origin}/${path}`);
  await page.locator('#language option').first().waitFor({ state: 'attached' });
  await page.selectOption('#language', language);
  return page;
}

async function enter(page, number) {
  await page.fill('input[name=code]', election.codes[number]);
  await page.click('main form button');
  await page.locator('fieldset').first().waitFor();
}

async function shot(target, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await target.screenshot({ path: join(shots, `kinds-${name}.png`), ...(target.goto ? { fullPage: true } : {}) });
}

const contest = (page, id) => page.locator(`fieldset[data-contest="${id}"]`);

test('every kind: mark, review, cast, and open on a second device', { skip: missing, timeout: 240_000 }, async () => {
  for (const [number, weight] of WEIGHTS.entries()) {
    const [language, width] = number % 2 ? ['it', 390] : ['en', 900];
    const page = await open('', { language, width });
    await enter(page, number);
    const wanted = wish(number, weight);
    await mark(page, wanted);
    if (number < 2) for (const { id } of CONTESTS) await shot(contest(page, id), `${language}-${id}`);
    if (number === 1) {
      // The marks stay when the language changes.
      await page.selectOption('#language', 'en');
      assert.match(await contest(page, 'judge').textContent(), /To reject/);
      await page.selectOption('#language', 'it');
    }
    await page.click('main form > button');
    await page.locator('.summary').waitFor();
    const shown = await page.locator('.summary').innerText();
    if (number < 2) await shot(page, `${language}-review`);
    await page.click('.actions button:first-child');
    const tracker = await page.locator('#tracker').textContent();
    if (number === 4) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#open')]);
      const check = await open('check.html', { language });
      await check.setInputFiles('#check-opening input[type=file]', await download.path());
      await check.fill('#check-opening [name=tracker]', tracker);
      await check.fill('#check-opening [name=voterNumber]', election.numbers[number]);
      await check.click('#check-opening button');
      await check.locator('#opened.good').waitFor();
      assert.equal(await check.locator('#opened .summary').innerText(), shown);
      assert.match(await check.locator('#held').textContent(), /“all”, weight 5 \(votes\)/);
      await shot(check, 'check-opened');
      await check.close();
      await page.locator('main button').last().click();
      await page.locator('fieldset').first().waitFor();
      await page.click('main form > button');
      await page.locator('.summary').waitFor();
      assert.equal(await page.locator('.summary').innerText(), shown);
      await page.click('.actions button:first-child');
      await page.locator('#tracker').waitFor();
    }
    await page.click('#cast');
    await page.locator('a[href="check.html"]').waitFor();
    await page.close();
  }
});

test('what a voter gives is added up as it is typed, and what is wrong stands beside it', { skip: missing, timeout: 60_000 }, async () => {
  const page = await open('', { width: 390 });
  await enter(page, 4);
  const running = (id) => contest(page, id).locator('.running');
  const fill = (id, option, value) => contest(page, id).locator(`[name="${id}/${option}"]`).fill(value);
  const place = (id, option, value) => contest(page, id).locator(`[name="${id}/${option}"]`).selectOption(value);
  await fill('budget', 'park', '4');
  assert.equal(await running('budget').textContent(), 'Cost: 16 of 25 credits. Left: 9');
  await fill('budget', 'path', '4');
  assert.equal(await running('budget').textContent(), 'Cost: 32 of 25 credits. Left: -7');
  await fill('rate', 'park', '5');
  await fill('rate', 'path', '5');
  assert.match(await running('rate').getAttribute('class'), /over/);
  await fill('ten', 'park', '6');
  assert.equal(await running('ten').textContent(), 'Given: 6 of 10');
  await fill('mandate', 'yes', '4');
  assert.equal(await running('mandate').textContent(), 'Given: 4 of 5');
  await fill('free', 'park', '1.5');
  await page.locator('input[name="council"][value="north"]').check();
  const candidate = (id, candidate) => contest(page, id).locator(`[name="${id}/candidates"][value="${candidate}"]`);
  assert.deepEqual([await candidate('council', 'ada').isEnabled(), await candidate('council', 'eve').isEnabled()], [true, false]);
  assert.equal(await candidate('board', 'eve').isEnabled(), false);
  await contest(page, 'judge').locator('[name="judge/ada"][value="good"]').check();
  await place('stage', 'ada', '1');
  await place('stage', 'bob', '3');
  await place('order', 'park', '1');
  await place('order', 'path', '1');
  await place('order', 'pool', '2');
  await place('equal', 'ada', '2');
  assert.equal(await running('equal').textContent(), '1. Ada · Left out, in the last place: Bob, Eve, Dan');
  await page.click('main form > button');
  await contest(page, 'ten').and(page.locator('.invalid')).waitFor();
  const said = {};
  for (const { id } of CONTESTS) said[id] = await contest(page, id).locator(':scope > .problem').textContent();
  assert.deepEqual(said, {
    chair: 'Too few answers.',
    rate: 'The sum is too large.',
    free: 'Enter a whole number, 0 or more, in every field.',
    ten: 'The sum is too small.',
    mandate: 'The sum is too small.',
    budget: 'These votes cost more credits than you have.',
    council: '',
    board: 'The answer is missing.',
    judge: 'A grade is missing.',
    stage: 'There is an empty place before a filled one.',
    order: 'Two share a place, but each needs its own.',
    equal: '',
  });
  // The first wrong control has the focus, and refers to the error text.
  const focus = await page.evaluate(() => [document.activeElement.name, document.activeElement.getAttribute('aria-describedby')]);
  assert.equal(focus[0], 'chair');
  await shot(page, 'wrong');
  await page.locator('input[name="council"][value="south"]').check();
  for (const candidate of ['eve', 'dan']) await page.locator(`[name="council/candidates"][value="${candidate}"]`).check();
  assert.equal(await running('council').textContent(), 'Preferences: 2 of 2');
  // A blank vote switches the others off.
  await contest(page, 'rate').locator('[name=rate]').check();
  assert.equal(await contest(page, 'rate').locator('[name="rate/park"]').isDisabled(), true);
  await page.click('main form > button');
  await page.waitForFunction(() => document.querySelector('[data-contest=rate] > .problem').textContent === '');
  await page.close();
});

test('the keyboard is enough, and every control has a name', { skip: missing, timeout: 60_000 }, async () => {
  const page = await open('');
  await enter(page, 0);
  const press = async (selector, ...keys) => {
    await page.focus(selector);
    for (const key of keys) await page.keyboard.press(key);
  };
  await press('[name="rate/park"]', '4');
  await press('[name="free/park"]', 'ArrowUp', 'ArrowUp');
  await press('[name="judge/ada"][value="excellent"]', 'Space', 'ArrowDown', 'ArrowDown');
  await press('[name="council"][value="north"]', 'Space', 'Tab', 'Space');
  await press('[name="stage/eve"]', 'ArrowDown');
  await press('[name="equal/dan"]', 'ArrowDown', 'ArrowDown');
  const values = await page.evaluate(() => {
    const data = new FormData(document.querySelector('main form'));
    return ['rate/park', 'free/park', 'judge/ada', 'council', 'council/candidates', 'stage/eve', 'equal/dan'].map((name) => data.get(name));
  });
  assert.deepEqual(values, ['4', '2', 'poor', 'north', 'ada', '1', '2']);
  const nameless = await page.evaluate(() => [...document.querySelectorAll('main :is(input, select)')]
    .filter((control) => !control.labels?.length || control.labels[0].textContent.trim() === '' || !control.closest('fieldset')?.querySelector('legend'))
    .map((control) => control.name));
  assert.deepEqual(nameless, []);
  await page.close();
});

test('the record verifies, and its result is the plain count of every kind', { skip: missing, timeout: 120_000 }, () => {
  const report = election.finish();
  assert.equal(report.verdict, 'holds', JSON.stringify(report.failures));
  assert.equal(report.result.counted_ballots, WEIGHTS.length);
  const ballots = WEIGHTS.map((weight, number) => ({ weight, wish: wish(number, weight) }));
  for (const [position, contest] of CONTESTS.entries()) {
    const found = report.result.contests[position];
    assert.equal(found.id, contest.id);
    same(found, contest, ballots.map(({ weight, wish }) => ({ weight, mark: wish[contest.id] })));
  }
  assert.deepEqual(problems, []);
});
