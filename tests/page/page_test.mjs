// The status page of a real daemon, seen by Debian's Chromium without a window. What is measured is reported, never asserted.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Machine, until } from './machine.mjs';

const folder = process.env.SYSTEMCHECK_NODE_PACKAGES;
if (!folder) throw new Error('begin this with tests/page/run');
const load = createRequire(path.join(folder, 'package.json'));
const { chromium } = load('playwright-core');
const axe = fs.readFileSync(load.resolve('axe-core/axe.min.js'), 'utf8');
const pictures = process.env.SYSTEMCHECK_PICTURES;

const WIDTHS = [320, 768, 1280, 1920];
const LOOKS = ['light', 'dark'];
const WAIT_MS = 30_000;
const SERVICES = ['apache', 'broken', 'dovecot', 'proftpd', 'sshd'];

let machine;
let browser;

// A day with a night, an hour without a daemon, a busy hour and one in which memory was short.
function day() {
  const now = Math.floor(Date.now() / 1000);
  return Array.from({ length: 1439 }, (_, minute) => ({
    at: now - (1439 - minute) * 60,
    load: 1.4 + Math.sin(minute / 230) + 5 * Math.exp(-(((minute - 1000) / 30) ** 2)),
    usable: 0.55 - 0.12 * Math.sin(minute / 230) - 0.4 * Math.exp(-(((minute - 1020) / 25) ** 2)),
    clients: Math.round(40 + 30 * Math.sin(minute / 230)),
    short: minute > 995 && minute < 1060,
  })).filter((_, minute) => minute < 500 || minute > 560);
}

before(async () => {
  machine = await Machine.begin(SERVICES);
  await machine.live(day());
  process.kill(await until(() => machine.mainPid('broken'), 'a process to kill'), 'SIGKILL');
  await until(async () => (await machine.ask('services/broken')).service.status === 'critical', 'a service that is down');
  assert.equal(machine.ctl('maintenance', 'proftpd', '--for', '2h', '--reason', 'new disks').status, 0);
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
});

after(async () => {
  await browser?.close();
  await machine?.end();
});

// A page, with all that the browser complained of; it fails the test when that ends.
async function visit(t, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  const strangers = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && !/ERR_|Failed to load/.test(message.text()) && complaints.push(message.text()));
  page.on('request', (request) => !/^(data:|http:\/\/127\.0\.0\.1:)/.test(request.url()) && strangers.push(request.url()));
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
    assert.deepEqual(strangers, []);
  });
  await page.goto(machine.url);
  return page;
}

const isLive = (page) => page.waitForFunction(() => document.getElementById('live').dataset.way === 'events', undefined, { timeout: WAIT_MS });
const stateOf = (page, name) => page.getAttribute(`#s-${name}`, 'data-state');

test('it shows each service, what is wrong first', async (t) => {
  const page = await visit(t);
  assert.match(await page.textContent('h1'), /thing is wrong/);
  const ids = await page.$$eval('.services > li', (items) => items.map(({ id }) => id));
  assert.equal(ids[0], 's-broken');
  assert.equal(ids.length, SERVICES.length + 1);
});

test('a click tells why, and what happens next', async (t) => {
  const page = await visit(t);
  assert.equal(await page.isVisible('#s-broken .about'), false);
  await page.click('#s-broken summary');
  assert.match(await page.innerText('#s-broken .about'), /tried to be started again|as soon as nothing stands against it/);
  assert.match(await page.innerText('#s-broken .about'), /systemcheckctl explain broken/);
  await page.click('#s-proftpd summary');
  assert.match(await page.innerText('#s-proftpd .about'), /new disks/);
});

test('a kill is seen by what the daemon tells, not by a reload', async (t) => {
  const page = await visit(t);
  await isLive(page);
  await page.click('#s-dovecot summary');
  await page.focus('#s-sshd summary');
  await page.evaluate(() => {
    window.isTheSame = true;
    window.states = [];
    new MutationObserver(() => window.states.push([Date.now(), document.querySelector('#s-apache').dataset.state]))
      .observe(document.querySelector('#s-apache'), { attributes: true, attributeFilter: ['data-state'] });
  });
  const before = await page.innerText('#s-apache .use');
  const killed = Date.now();
  process.kill(await machine.mainPid('apache'), 'SIGKILL');
  await page.waitForFunction((was) => document.querySelector('#s-apache .use').innerText !== was, before, { timeout: WAIT_MS });
  t.diagnostic(`a kill and its restart are on the page after ${Date.now() - killed} ms`);
  await page.waitForFunction(() => document.querySelector('#s-apache').dataset.state === 'up', undefined, { timeout: WAIT_MS });
  assert.match(await page.innerText('#s-apache .use'), /1 restart/);
  assert.equal(await page.evaluate(() => window.isTheSame), true);
  assert.equal(await page.evaluate(() => document.querySelector('#s-dovecot details').open), true);
  assert.equal(await page.evaluate(() => document.activeElement.closest('li').id), 's-sshd');
  const states = await page.evaluate(() => window.states);
  t.diagnostic(`states seen: ${states.map(([at, state]) => `${state} after ${at - killed} ms`).join(', ')}`);
});

test('it says when it has lost the daemon, and finds it again', async (t) => {
  const page = await visit(t);
  await isLive(page);
  const killed = Date.now();
  await machine.stop('SIGKILL');
  await page.waitForSelector('#lost:not([hidden])', { timeout: WAIT_MS });
  t.diagnostic(`the end of the daemon is on the page after ${Date.now() - killed} ms`);
  assert.match(await page.innerText('#lost'), /The daemon does not answer; last seen \d+ s ago/);
  await machine.start();
  await page.waitForSelector('#lost', { state: 'hidden', timeout: WAIT_MS });
  await isLive(page);
  await until(async () => await stateOf(page, 'apache') === 'up', 'the state of apache');
});

test('it asks now and then where nobody tells it', async (t) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  t.after(() => context.close());
  await page.route('**/api/v1/stream', (route) => route.fulfill({ status: 503, body: '' }));
  await page.goto(machine.url);
  await page.waitForFunction(() => document.getElementById('live').dataset.way === 'polling', undefined, { timeout: WAIT_MS });
  const before = await page.evaluate(() => document.documentElement.dataset.sequence);
  await page.waitForFunction((was) => document.documentElement.dataset.sequence !== was, before, { timeout: WAIT_MS });
});

test('without JavaScript everything is there', async (t) => {
  const page = await visit(t, { javaScriptEnabled: false });
  assert.equal(await page.locator('.services > li').count(), SERVICES.length + 1);
  assert.equal(await page.locator('.chart svg[role=img]').count(), 4);
  assert.ok(await page.locator('.events li').count() > 0);
  await page.click('#s-broken summary');
  assert.equal(await page.isVisible('#s-broken .about'), true);
  assert.equal(await page.locator('meta[http-equiv=refresh]').count(), 1);
});

test('charts show the day before the daemon began, with its gap and its shortage', async (t) => {
  const page = await visit(t);
  assert.match(await page.getAttribute('#chart-memory svg', 'aria-label'), /Usable memory of the last 24 hours: now \d+%, least \d+%, greatest \d+%/);
  assert.equal(await page.locator('#chart-memory .short').count(), 1);
  const line = await page.$eval('#chart-load path:not([class])', (path) => path.getAttribute('d'));
  assert.ok(line.split('M').length > 2, 'an hour without a daemon is a gap');
  assert.match(await page.getAttribute('#chart-relay svg', 'aria-label'), /relay/);
});

test('it can be used with a keyboard alone', async (t) => {
  const page = await visit(t);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none');
  for (let i = 0; i < 30 && await page.evaluate(() => !document.activeElement.closest('#s-broken')); ++i) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.isVisible('#s-broken .about'), true);
  await page.keyboard.press('Space');
  assert.equal(await page.isVisible('#s-broken .about'), false);
});

for (const look of LOOKS) {
  test(`a reader of screens finds nothing serious to complain of (${look})`, async (t) => {
    const page = await visit(t, { colorScheme: look, reducedMotion: 'reduce', bypassCSP: true });
    await page.click('#s-broken summary');
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    t.diagnostic(`axe-core, ${look}: ${violations.map(({ id, impact }) => `${id} (${impact})`).join(', ') || 'nothing'}`);
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    assert.deepEqual(grave.map(({ id, nodes }) => [id, nodes[0].html, nodes[0].failureSummary]), []);
  });

  for (const width of WIDTHS) {
    test(`it fits ${width} pixels (${look})`, async (t) => {
      const page = await visit(t, { colorScheme: look, viewport: { width, height: 900 } });
      await page.click('#s-broken summary');
      const { scroll, inner } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, inner: window.innerWidth }));
      assert.ok(scroll <= inner, `${scroll} pixels are needed`);
      if (pictures) await page.screenshot({ path: path.join(pictures, `page-${width}-${look}.png`), fullPage: true });
    });
  }
}

test('it is small and soon there', async (t) => {
  const page = await visit(t);
  const { paint, bytes } = await page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    bytes: performance.getEntries().filter(({ decodedBodySize }) => decodedBodySize).map(({ name, decodedBodySize }) => [new URL(name).pathname, decodedBodySize]),
  }));
  const total = bytes.filter(([name]) => !name.startsWith('/api')).reduce((sum, [, size]) => sum + size, 0);
  t.diagnostic(`first paint after ${Math.round(paint)} ms; ${total} bytes: ${bytes.map(([name, size]) => `${name} ${size}`).join(', ')}`);
  assert.ok(total <= 100_000);
});
