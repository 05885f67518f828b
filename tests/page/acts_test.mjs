// The buttons of the status page, for those who may act and for those who may not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
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

// Of "secret", with the smallest cost there is: htpasswd -nbBC 4.
const HASH = '$2y$04$zfHqa8aM9qsPDfCQhrJuj.OM5lAKPfL.67tpIxHyQaGktE.pGVOL.';
const WAIT_MS = 30_000;

let machine;
let browser;

before(async () => {
  machine = await Machine.begin(['apache', 'sshd']);
  await machine.stop();
  fs.writeFileSync(machine.file('web.yml'), JSON.stringify({ basic_auth_users: { alice: HASH, bob: HASH } }), { mode: 0o600 });
  const config = JSON.parse(fs.readFileSync(machine.file('config.yaml'), 'utf8'));
  Object.assign(config.http, { web_config: machine.file('web.yml'), may_act: ['alice'] });
  fs.writeFileSync(machine.file('config.yaml'), JSON.stringify(config));
  // Whoever asks for readiness has a password, too.
  machine.headers = { authorization: `Basic ${Buffer.from('alice:secret').toString('base64')}` };
  await machine.start();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
});

after(async () => {
  await browser?.close();
  await machine?.end();
});

async function visit(t, username) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, httpCredentials: { username, password: 'secret' } });
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && !/ERR_|Failed to load/.test(message.text()) && complaints.push(message.text()));
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  await page.goto(machine.url);
  await page.click('#s-apache summary');
  return page;
}

const told = (page) => page.textContent('#s-apache .acts output');
const oldest = () => Number(spawnSync('pgrep', ['-f', `^${machine.file('apache')} `], { encoding: 'utf8' }).stdout);

test('a service is restarted, after one more question', async (t) => {
  const page = await visit(t, 'alice');
  const before = oldest();
  await page.click('#s-apache .acts button:text("Restart")');
  assert.match(await page.textContent('dialog h2'), /Restart: apache\?/);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run('dialog'));
  assert.deepEqual(violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)), []);
  if (pictures) await page.screenshot({ path: path.join(pictures, 'act.png') });
  await page.click('dialog button:text("Restart")');
  await page.waitForFunction(() => /verified/.test(document.querySelector('#s-apache .acts output').textContent), undefined, { timeout: WAIT_MS });
  assert.notEqual(oldest(), before);
});

test('by keyboard it is called off, and nothing is done', async (t) => {
  const page = await visit(t, 'alice');
  const before = oldest();
  await page.focus('#s-apache .acts button:text("Stop")');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Stop');
  assert.equal(oldest(), before);
  assert.equal(await told(page), '');
});

test('maintenance takes how long and why', async (t) => {
  const page = await visit(t, 'alice');
  await page.click('#s-apache .acts button:text("Maintenance")');
  await page.selectOption('dialog select', '8h');
  await page.click('dialog button:text("Maintenance")');
  assert.ok(await page.isVisible('dialog'), 'without a reason there is none');
  await page.fill('dialog input', 'new disks');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /held by maintenance/.test(document.querySelector('#s-apache summary').textContent), undefined, { timeout: WAIT_MS });
  await until(async () => /in force/.test(await told(page)), 'the answer');
  assert.match(await page.textContent('#s-apache'), /new disks/);
  assert.equal(await page.locator('#s-apache .acts button').count(), 4, 'they stay when the page is brought up to date');
});

test('who may only look sees no buttons', async (t) => {
  const page = await visit(t, 'bob');
  await page.waitForFunction(() => document.getElementById('live').dataset.way === 'events', undefined, { timeout: WAIT_MS });
  assert.equal(await page.locator('.acts button').count(), 0);
  assert.equal(await page.isVisible('#s-apache .acts'), false);
});
