// Twenty voters vote on the pages, in a real browser, and the command verifies the record.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, missing } from './browser.mjs';
import { Election } from './election.mjs';
import { serve } from './server.mjs';

const dist = new URL('../dist/', import.meta.url).pathname;
const shots = process.env.SCREENSHOTS;
const VOTERS = 20;

/** The choices of voter `number`. Every kind of answer occurs, in both styles. */
function wish(number) {
  const chair = [['ada'], ['emmy'], ['bobby'], 'blank'][number % 4];
  const days = [[], ['monday'], ['monday', 'friday'], 'blank', ['sunday']][number % 5];
  const statute = [['yes'], ['no'], ['yes']][number % 3];
  return number % 3 === 2 ? { chair, days } : { chair, days, statute };
}

let election, server, browser, configuration;
/** A handler that answers instead of the ballot box, if there is one. */
let endpoint;
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
      if (endpoint) return endpoint(body);
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
  // The page shows what it is for before anybody chooses a language.
  await page.locator('main button').first().waitFor();
  assert.equal(await page.locator('#status.problem').count(), 0);
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

/** Goes through the steps from the code to the tracker. */
async function prepare(page, number, wish, name) {
  if (name) await shot(page, `${name}-1-code`);
  await page.fill('input[name=code]', election.codes[number]);
  await page.click('main button');
  await page.locator('fieldset').first().waitFor();
  assert.equal(await page.locator('#voter-number').textContent(), election.numbers[number]);
  await named(page, ['#title', '#fingerprint', 'fieldset legend', '#voter-number']);
  await mark(page, wish);
  if (name) await shot(page, `${name}-2-choose`);
  await page.click('main form > button');
  await page.locator('.summary').waitFor();
  if (name) await shot(page, `${name}-3-review`);
  await page.click('.actions button:first-child');
  const tracker = await page.locator('#tracker').textContent();
  assert.match(tracker, /^T(-[0-9A-Z]{5}){5}-[0-9A-Z]{3}$/);
  await named(page, ['#tracker']);
  if (name) await shot(page, `${name}-4-tracker`);
  return tracker;
}

/** Asserts that browsers do not translate what a voter compares, and know its language. */
async function named(page, selectors) {
  const language = await page.locator('#language').inputValue();
  assert.equal(await page.evaluate(() => document.documentElement.lang), language);
  for (const selector of selectors) {
    const found = await page.locator(selector).first().evaluate((element) => [element.translate, element.lang]);
    assert.deepEqual(found, [false, language], selector);
  }
}

async function cast(page) {
  await page.click('#cast');
  await page.locator('a[href="check.html"]').waitFor();
}

async function opened(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#open')]);
  await page.locator('#not-voted').waitFor();
  return download.path();
}

/** Looks for a ballot on the page for the second device. */
async function ask(check, tracker, number) {
  await check.fill('#find [name=tracker]', tracker);
  await check.fill('#find [name=voterNumber]', number);
  await check.click('#find button');
}

/** The text with another last letter. */
const slip = (text) => text.replace(/.$/, (last) => (last === 'Z' ? 'Y' : 'Z'));

const trackers = [];

test('twenty voters', { skip: missing, timeout: 240_000 }, async () => {
  for (let number = 0; number < VOTERS; number += 1) {
    const [language, width] = [number % 2 ? 'it' : 'en', number % 2 ? 360 : 900];
    const page = await open('', { language, width });
    const name = number === 0 ? 'wide' : number === 1 ? 'narrow' : undefined;
    if (number === 2 || number === 3) {
      // The device is tested first, with other choices, on a second device that loads its own page.
      const other = { ...wish(number), chair: ['ada'] };
      const tracker = await prepare(page, number, other);
      const path = await opened(page);
      if (number === 3) await shot(page, 'wide-5-opened');
      const check = await open('check.html', { language: 'en' });
      await check.setInputFiles('#check-opening input[type=file]', path);
      const ask = async (tracker, number) => {
        await check.fill('#check-opening [name=tracker]', tracker);
        await check.fill('#check-opening [name=voterNumber]', number);
        assert.equal(await check.locator('#opened').textContent(), '');
        await check.click('#check-opening button');
      };
      assert.deepEqual(await check.locator('#check-opening :is(textarea, input:not([type=file]))').evaluateAll((controls) => controls.map(({ value }) => value)), ['', '']);
      await ask(tracker.replaceAll('-', ' ').toLowerCase(), election.numbers[number].toLowerCase());
      await check.locator('#opened.good').waitFor();
      assert.equal(await check.locator('#opened .written').textContent(), election.numbers[number]);
      assert.equal(await check.locator('#opened dd').first().textContent(), 'Ada');
      // A device that knows that it is tested shows neither the tracker nor the voter number.
      assert.equal(await page.locator('#tracker, #voter-number').count(), 0);
      if (number === 3) await shot(check, 'check-1-holds');
      // A wrong tracker.
      await ask('ab'.repeat(32), election.numbers[number]);
      await check.locator('#opened.problem [data-code=other-tracker]').waitFor();
      if (number === 3) await shot(check, 'check-2-other');
      // The ballot of another voter: the number in the letter is another one.
      await ask(tracker, election.numbers[number + 1]);
      await check.locator('#opened.problem [data-code=other-voter]').waitFor();
      assert.match(await check.locator('#opened').textContent(), /^Not a ballot of yours.*keep it as it is, and tell the organiser/);
      if (number === 3) await shot(check, 'check-2-other-voter');
      // A typing slip does not accuse the first device.
      await ask(slip(tracker), election.numbers[number]);
      await check.locator('#opening-tracker-slip:not(:empty)').waitFor();
      assert.match(await check.locator('#opening-tracker-slip').textContent(), /a typing slip in group 6/);
      assert.equal(await check.locator('#opened').textContent(), '');
      await ask(tracker, slip(election.numbers[number]));
      await check.locator('#opening-voterNumber-slip:not(:empty)').waitFor();
      assert.deepEqual(await check.locator('.slip:not(:empty)').allTextContents(), ['Voter number: there is a typing slip in group 3. Compare it letter by letter.']);
      assert.equal(await check.locator('#opened').textContent(), '');
      assert.equal(await check.evaluate(() => document.activeElement.name), 'voterNumber');
      await check.close();
      await page.click('main button');
      // The earlier marks are still there, and the voter changes them.
      await page.locator('fieldset').first().waitFor();
      await mark(page, wish(number));
      await page.click('main form > button');
      await page.click('.actions button:first-child');
      trackers[number] = await page.locator('#tracker').textContent();
      await cast(page);
    } else {
      trackers[number] = await prepare(page, number, wish(number), name);
      await cast(page);
    }
    if (name) await shot(page, `${name}-6-done`);
    await page.close();
  }
});

test('a second ballot takes the place of the first', { skip: missing, timeout: 60_000 }, async () => {
  const page = await open('');
  const first = trackers[5];
  trackers[5] = await prepare(page, 5, { chair: ['emmy'], days: ['friday'] });
  assert.notEqual(trackers[5], first);
  assert.match(await page.locator('main').textContent(), /You have voted before/);
  // This page is older than the ballot, so it must read the board again.
  const check = await open('check.html');
  await cast(page);
  const digits = await page.locator('#tracker').getAttribute('data-tracker');
  const number = election.numbers[5];
  // Small parts of the board show the last ballot. The whole board is read only if the voter asks why.
  const whole = () => server.asked.some((path) => path.endsWith('/ballotta.wasm') || /ballotta-[^/]*\.wasm$/.test(path));
  assert.equal(whole(), false);
  for (const [tracker, shown, state] of [
    [trackers[5], 'on_board'], [digits, 'on_board'],
    [first, 'another_is_last', 'superseded'], [trackers[4], 'another_is_last', 'of_another_voter'], ['0'.repeat(64), 'another_is_last', 'missing'],
  ]) {
    await ask(check, tracker, number);
    await check.locator(`#state[data-state=${shown}]`).waitFor();
    await shot(check, `check-3-${shown}`);
    assert.equal(await check.locator('#whole').count(), state ? 1 : 0);
    if (!state) continue;
    assert.match(await check.locator('#found.problem').textContent(), new RegExp(trackers[5]));
    await check.click('#whole');
    await check.locator(`#state[data-state=${state}]`).waitFor();
    assert.equal(whole(), true);
    if (state === 'superseded') assert.match(await check.locator('#found').textContent(), new RegExp(trackers[5]));
    if (state === 'of_another_voter') {
      assert.match(await check.locator('#found.problem').textContent(), /^Not a ballot of yours.*keep the device as it is, and tell the organiser/);
    }
    await shot(check, `check-3-${state}`);
  }
  // An answer is not shown next to another tracker or an error.
  await ask(check, trackers[5], number);
  await check.locator('#found.good #state[data-state=on_board]').waitFor();
  await check.fill('#find [name=voterNumber]', slip(number));
  assert.equal(await check.locator('#found').textContent(), '');
  await check.click('#find button');
  await check.locator('#find-voterNumber-slip:not(:empty)').waitFor();
  await ask(check, slip(trackers[5]), number);
  await check.locator('#find-tracker-slip:not(:empty)').waitFor();
  assert.deepEqual(await check.locator('.slip:not(:empty)').allTextContents(), ['Tracker: there is a typing slip in group 6. Compare it letter by letter.']);
  await shot(check, 'check-3-slip');
  assert.deepEqual([await check.locator('#found').textContent(), await check.locator('#found').getAttribute('class')], ['', '']);
  // A voting code is never asked for here.
  await ask(check, trackers[5], election.codes[5]);
  await check.locator('#find-voterNumber-slip:not(:empty)').waitFor();
  assert.match(await check.locator('#find-voterNumber-slip').textContent(), /It is secret/);
  // The words of the other language, on a narrow screen.
  await check.setViewportSize({ width: 360, height: 800 });
  await check.selectOption('#language', 'it');
  await ask(check, slip(trackers[5]), number);
  await check.locator('#find-tracker-slip:not(:empty)').waitFor();
  assert.match(await check.locator('#find-tracker-slip').textContent(), /errore di battitura nel gruppo 6/);
  await ask(check, trackers[4], number);
  await check.locator('#state[data-state=another_is_last]').waitFor();
  assert.match(await check.locator('#found').textContent(), /^Il registro mostra un’altra tua scheda/);
  await check.click('#whole');
  await check.locator('#state[data-state=of_another_voter]').waitFor();
  assert.match(await check.locator('#found').textContent(), /^Questa scheda non è tua/);
  await shot(check, 'check-6-narrow');
  assert.equal(await check.evaluate(() => document.documentElement.scrollWidth), 360);
  await page.close();
  await check.close();
});

test('a receipt is compared with the board', { skip: missing, timeout: 60_000 }, async () => {
  const check = await open('check.html');
  const given = (name, text) => check.setInputFiles('#find input[type=file]', { name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  const { kept, broken } = election.receipts(trackers[6]);
  await given('mine.receipt', kept);
  await ask(check, trackers[6], election.numbers[6]);
  await check.locator('#found.good #state[data-state=on_board]').waitFor();
  await given('mine.receipt', broken);
  await check.click('#find button');
  await check.locator('#found.problem #state[data-state=promise_broken]').waitFor();
  await shot(check, 'check-7-broken');
  const [download] = await Promise.all([check.waitForEvent('download'), check.click('#evidence')]);
  writeFileSync(join(election.folder, 'saved.evidence'), readFileSync(await download.path()));
  const verdict = JSON.parse(election.run(['evidence', 'verify', 'saved.evidence', '--json']));
  assert.deepEqual([verdict.convicted, verdict.kind], ['board', 'omission']);
  // The receipt of another ballot, and a file that is none.
  await ask(check, trackers[7], election.numbers[7]);
  await check.locator('#status.problem').waitFor();
  assert.match(await check.locator('#status').textContent(), /for another ballot/);
  await given('mine.receipt', 'nothing');
  await ask(check, trackers[6], election.numbers[6]);
  assert.match(await check.locator('#status.problem').textContent(), /not one of this board/);
  await check.close();
});

test('neither value is taken from a link', { skip: missing, timeout: 60_000 }, async () => {
  const check = await open(`check.html?tracker=${trackers[0]}&voterNumber=${election.numbers[0]}#${trackers[0]}`);
  const values = await check.locator('main :is(textarea, input:not([type=file]))').evaluateAll((controls) => controls.map(({ value }) => value));
  assert.deepEqual(values, ['', '', '', '']);
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
  await page.locator('fieldset[data-contest=days].invalid').waitFor();
  assert.equal(await page.locator('fieldset[data-contest=days] .problem').textContent(), 'Too many answers.');
  assert.equal(await page.locator('fieldset[data-contest=chair] .problem').textContent(), 'Too few answers.');
  const marked = (contest) => page.locator(`fieldset[data-contest=${contest}] input[aria-invalid=true]`).count();
  assert.deepEqual([await marked('days') > 0, await marked('chair') > 0, await marked('statute')], [true, true, 2]);
  await shot(page, 'narrow-8-not-allowed');
  // A blank vote excludes other marks, and markup in the organiser's texts is shown as text.
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

test('a ballot box that does not answer as one has not taken the ballot', { skip: missing, timeout: 60_000 }, async () => {
  const page = await open('', { language: 'it' });
  const first = trackers[8];
  trackers[8] = await prepare(page, 8, wish(8));
  assert.notEqual(trackers[8], first);
  const fails = async (answer, sent, button) => {
    endpoint = answer;
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
    await page.locator(`#unsent[data-sent=${sent}]`).waitFor();
    assert.equal(await page.locator('a[href="check.html"]').count(), 0);
    return download.path();
  };
  const paths = [
    await fails(() => null, 'unknown', '#cast'),
    await fails(() => 200, 'unknown', '#again'),
    await fails(() => 302, 'unknown', '#again'),
    await fails(() => 500, 'unknown', '#again'),
    await fails(() => 409, 'refused', '#again'),
  ];
  await shot(page, 'wide-9-unsent');
  const files = paths.map((path) => readFileSync(path, 'utf8'));
  assert.deepEqual([...new Set(files)], [files[0]]);
  // The step stays when the language changes, and in the end the same bytes are accepted.
  await page.selectOption('#language', 'en');
  assert.match(await page.locator('main').textContent(), /The ballot box did not take the ballot/);
  let posted;
  endpoint = (body) => {
    posted = body;
    writeFileSync(join(election.folder, 'posted-again'), body);
    election.add('posted-again');
    return 204;
  };
  await page.click('#again');
  await page.locator('a[href="check.html"]').waitFor();
  endpoint = undefined;
  assert.equal(posted, files[0]);
  // The browser's own messages about the answers of the server.
  for (const problem of problems.splice(0)) assert.match(problem, /Failed to load resource|redirect/i);
  await page.close();
});

test('one press, one ballot', { skip: missing, timeout: 60_000 }, async () => {
  const page = await open('');
  await page.fill('input[name=code]', election.codes[9]);
  // A change of the language keeps the typed text.
  await page.selectOption('#language', 'it');
  assert.equal(await page.inputValue('input[name=code]'), election.codes[9]);
  await page.click('main button');
  await page.locator('fieldset').first().waitFor();
  await mark(page, wish(9));
  await page.click('main form > button');
  await page.locator('.summary').waitFor();
  const shown = await page.evaluate(async () => {
    const trackers = new Set();
    const watch = new MutationObserver(() => {
      const tracker = document.querySelector('#tracker')?.dataset.tracker;
      if (tracker) trackers.add(tracker);
    });
    watch.observe(document.body, { childList: true, subtree: true });
    const language = document.querySelector('#language');
    document.querySelector('.actions button').click();
    const disabled = language.disabled;
    // After rendering again there are new buttons, which do nothing while the page is busy.
    language.value = 'en';
    language.dispatchEvent(new Event('change'));
    document.querySelector('.actions button').click();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return { trackers: [...trackers], disabled };
  });
  assert.deepEqual([shown.trackers.length, shown.disabled], [1, true]);
  await page.close();
});

test('a fingerprint that the page does not know is shown before anything is typed', { skip: missing, timeout: 60_000 }, async () => {
  const honest = configuration;
  configuration = { ...honest, fingerprint: 'unpinned' };
  const page = await open('');
  await page.locator('#compare code').last().waitFor();
  const shown = await page.locator('#compare code').allTextContents();
  assert.match(shown[0], /^F(-[0-9A-Z]{5}){5}-[0-9A-Z]{3}$/);
  assert.deepEqual(shown.slice(1).map((text) => text.replaceAll(' ', '')), [election.fingerprint]);
  const [notice, code] = await Promise.all(['#compare', 'input[name=code]'].map((place) => page.locator(place).boundingBox()));
  assert.ok(notice.y < code.y);
  await shot(page, 'wide-10-unpinned');
  await page.close();
  configuration = honest;
});

test('a ballot is saved where there is no ballot box', { skip: missing, timeout: 60_000 }, async () => {
  configuration = { ...configuration, endpoint: null };
  const page = await open('');
  await prepare(page, 7, { ...wish(7), statute: ['no'] });
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#cast')]);
  await download.saveAs(join(election.folder, 'saved'));
  assert.ok(existsSync(join(election.folder, 'saved')));
  // This ballot was not sent, so the first ballot of voter 7 counts.
  await page.close();
});

test('the record verifies, and its result is the plain count', { skip: missing, timeout: 120_000 }, async () => {
  const report = election.finish();
  assert.equal(report.verdict, 'holds', JSON.stringify(report.failures));
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
  await ask(check, trackers[0], election.numbers[0]);
  await check.locator('#state[data-state=counted]').waitFor();
  assert.match(await check.locator('#found').textContent(), /1 witness has seen this board/);
  await shot(check, 'check-4-closed');
  // The same board, without a cosignature of a witness.
  const [closing, away] = ['record/closing-checkpoint', 'closing-checkpoint'].map((path) => join(election.folder, path));
  renameSync(closing, away);
  await check.click('#find button');
  await check.locator('#found.problem #state[data-state=counted]').waitFor();
  assert.match(await check.locator('#state').textContent(), /on the board that you are shown/);
  await shot(check, 'check-5-unseen');
  renameSync(away, closing);
  await check.close();
  assert.deepEqual(problems, []);
});

test('the pages ask no other server, and hold no markup of others', { skip: missing }, async () => {
  const { readdirSync } = await import('node:fs');
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.name.endsWith('.wasm'));
  for (const entry of files) {
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    assert.doesNotMatch(text, /https?:\/\/(?!www\.w3\.org)/, entry.name);
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, entry.name);
  }
});
