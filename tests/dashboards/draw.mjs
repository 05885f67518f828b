// run draw --prometheus ADDRESS --into FOLDER [OPTION…] FILE…
//
// Draws dashboards from what a Prometheus has: FOLDER/UID-dark.png, FOLDER/UID-light.png, and UID.json with what is
// written in them. Prints each query that fails or finds nothing; exit code 1 if there is one. A note is no failure: what
// one has to scroll to see.
//
//   --prometheus ADDRESS   http://host:port
//   --into FOLDER          is made
//   --set NAME=VALUE,…     of a variable; else what the dashboard remembers, its first value, or all
//   --may-be-empty FILE    {"UID": {"panel": "why", "panel, B": "why"}}: what need not find anything, a panel or a query of it
//   --from TIME --to TIME  instead of the dashboard's own: now-30m, …
//   --look dark|light      instead of both
//   --width PIXELS         1600
//   --scrape-interval TIME 15s, as the data source would be told
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Browser, bundlePage } from './browser.mjs';
import { Excuses } from './excuses.mjs';

const OPTIONS = {
  prometheus: { type: 'string' },
  into: { type: 'string' },
  set: { type: 'string', multiple: true, default: [] },
  'may-be-empty': { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  look: { type: 'string' },
  width: { type: 'string', default: '1600' },
  'scrape-interval': { type: 'string', default: '15s' },
};

function usage(why) {
  const [, text] = /^((?:\/\/.*\n)+)/.exec(fs.readFileSync(new URL(import.meta.url), 'utf8'));
  console.error(`${why}\n\n${text.replace(/^\/\/ ?/gm, '')}`);
  process.exit(2);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
    if (!values.prometheus || !values.into || positionals.length === 0) {
      usage('--prometheus, --into and at least one file are needed');
    }
    if (values.look && !['dark', 'light'].includes(values.look)) {
      usage('--look is dark or light');
    }
    return { ...values, files: positionals };
  } catch (error) {
    return usage(error.message);
  }
}

function wantedValues(settings) {
  return Object.fromEntries(settings.map((setting) => {
    const [, name, values] = /^(\w+)=(.*)$/s.exec(setting) ?? usage(`--set ${setting}: not NAME=VALUE`);
    return [name, values === 'All' ? ['$__all'] : values.split(',')];
  }));
}

// Each look has the same answers: the second time they are known.
function makeAsk(address) {
  const known = new Map();
  return (question, parameters) => {
    const url = `${address.replace(/\/$/, '')}/api/v1/${question}?${new URLSearchParams(parameters)}`;
    if (!known.has(url)) {
      known.set(url, fetch(url).then((answer) => answer.json()).catch((error) =>
        ({ status: 'error', error: `${url}: ${error.cause?.message ?? error.message}` })));
    }
    return known.get(url);
  };
}

function inWords(name, { panel, query, what }) {
  return [name, panel && (query ? `${panel}, ${query}` : panel), what].filter(Boolean).join(': ').replace(/\s+/g, ' ');
}

async function drawDashboard(file, task, browser, options) {
  const dashboard = JSON.parse(fs.readFileSync(file, 'utf8'));
  dashboard.time = { from: options.from ?? dashboard.time?.from, to: options.to ?? dashboard.time?.to };
  const complaints = [];
  for (const look of options.look ? [options.look] : ['dark', 'light']) {
    const picture = path.join(options.into, `${dashboard.uid}-${look}.png`);
    const told = await browser.draw({ ...task, dashboard, look }, picture);
    fs.writeFileSync(path.join(options.into, `${dashboard.uid}.json`), `${JSON.stringify(told.panels, null, 1)}\n`);
    const left = task.excuses.judge(dashboard, told.problems);
    complaints.push(...left.map((problem) => inWords(path.basename(file), problem)));
    told.notes.forEach((note) => console.log(`note: ${inWords(path.basename(file), note)}`));
    console.log(`${picture}: ${told.panels.length} panels, ${told.panels.reduce((sum, { series }) => sum + series, 0)} series`);
  }
  return [...new Set(complaints)];
}

async function main() {
  const options = readArguments();
  fs.mkdirSync(options.into, { recursive: true });
  const task = { now: Date.now(), width: Number(options.width), wanted: wantedValues(options.set), scrapeInterval: options['scrape-interval'],
    excuses: new Excuses(options['may-be-empty']) };
  const browser = await Browser.begin(await bundlePage(), makeAsk(options.prometheus), task.width);
  try {
    const complaints = [];
    for (const file of options.files) {
      complaints.push(...await drawDashboard(file, task, browser, options));
    }
    console.log(complaints.join('\n') || 'every panel shows something');
    return complaints.length > 0 ? 1 : 0;
  } finally {
    await browser.end();
  }
}

process.exitCode = await main();
