// Debian's Chromium, without a window and without a network: the page is made here, and asks through here.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { load, modules } from './packages.mjs';

const { build } = load('esbuild');
const { chromium } = load('playwright-core');

const CHROMIUM = '/usr/bin/chromium';
const ORIGIN = 'http://dashboards.invalid/';
const QUIET_MS = 400;  // Sizes settle, icons and fonts arrive: a page on which nothing has changed for so long is done.
const LIMIT_MS = 60_000;

const FONTS = {
  'Inter-Regular': 'inter-latin-400-normal', 'Inter-Medium': 'inter-latin-500-normal',
  'Inter-Italic': 'inter-latin-400-italic', 'Inter-MediumItalic': 'inter-latin-500-italic',
};

export async function bundlePage() {
  const here = path.dirname(new URL(import.meta.url).pathname);
  const { outputFiles } = await build({
    entryPoints: [path.join(here, 'page/page.jsx')], outdir: '/page', bundle: true, write: false, format: 'iife', jsx: 'automatic',
    nodePaths: [modules], platform: 'browser', logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    loader: { '.ttf': 'empty' },
  });
  return Object.fromEntries(outputFiles.map(({ path: name, text }) => [path.basename(name), text]));
}

function fontFile(name) {
  const inter = FONTS[name.replace('.woff2', '')];
  return inter
    ? path.join(modules, '@fontsource/inter/files', `${inter}.woff2`)
    : path.join(modules, '@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2');
}

// What the page asks for from where it comes; undefined if there is no such thing.
function assetOf(url) {
  const { pathname } = new URL(url);
  if (pathname.startsWith('/public/build/img/')) {
    const icon = path.join(modules, '@grafana/ui/dist', pathname.replace('/build', ''));
    return fs.existsSync(icon) ? { path: icon } : undefined;
  }
  return pathname.startsWith('/public/fonts/') ? { path: fontFile(path.basename(pathname)) } : undefined;
}

function pageOf({ 'page.css': styles, 'page.js': script }, task) {
  const escaped = (text) => text.replaceAll('</script', '<\\/script');
  return `<!doctype html><meta charset="utf-8"><style>${styles}body{margin:0}</style><div id="root"></div>
    <script>window.process={env:{}};window.__grafana_public_path__='/public/';window.task=${escaped(JSON.stringify(task))}</script>
    <script>${escaped(script)}</script>`;
}

export class Browser {
  static async begin(files, ask, width) {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'dashboards-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM, headless: true, viewport: { width, height: 1000 }, locale: 'en-US', timezoneId: 'UTC',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync'],
    });
    return new Browser(files, ask, context, profile);
  }

  constructor(files, ask, context, profile) {
    Object.assign(this, { files, ask, context, profile });
  }

  // What the page tells of itself, with what the browser complained of.
  async draw(task, picture) {
    const page = await this.context.newPage();
    const problems = [];
    const complain = (what) => problems.push({ panel: '', query: '', what });
    page.on('pageerror', (error) => complain(`the page: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && complain(`the page: ${message.text()}`));
    await page.route('**/*', (route) => this.answer(route, task, complain));
    await page.exposeFunction('ask', this.ask);
    await page.goto(ORIGIN);
    await page.waitForFunction(() => window.drawn, undefined, { timeout: LIMIT_MS });
    await this.settle(page);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: task.width, height });
    await this.settle(page);
    await page.screenshot({ path: picture });
    const told = await page.evaluate(() => window.told());
    await page.close();
    return { ...told, problems: [...told.problems, ...problems] };
  }

  answer(route, task, complain) {
    const url = route.request().url();
    if (url === ORIGIN) {
      return route.fulfill({ contentType: 'text/html', body: pageOf(this.files, task) });
    }
    const asset = url.startsWith(ORIGIN) ? assetOf(url) : undefined;
    if (!asset && !url.endsWith('/favicon.ico')) {
      complain(`the page: asks for ${url}`);
    }
    return asset ? route.fulfill(asset) : route.abort();
  }

  async settle(page) {
    await page.evaluate(([quiet, limit]) => new Promise((resolve, reject) => {
      let last = performance.now();
      new MutationObserver(() => { last = performance.now(); })
        .observe(document, { attributes: true, characterData: true, childList: true, subtree: true });
      const look = () => {
        const now = performance.now();
        if (now - last > quiet && document.fonts.status === 'loaded') {
          resolve();
        } else if (now > limit) {
          reject(new Error('the page never settles'));
        } else {
          requestAnimationFrame(look);
        }
      };
      look();
    }), [QUIET_MS, LIMIT_MS]);
  }

  async end() {
    await this.context.close();
    fs.rmSync(this.profile, { recursive: true, force: true });
  }
}
