// Draws the sample from what a stand-in of Prometheus says, and tries that nothing goes unnoticed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const sample = path.join(here, 'sample.json');
const EMPTY = 'Failures, A: no data: prometheus_no_such_thing{job="prometheus", instance=~"(one:9090|two:9090)"}';

// It knows two instances, and answers whatever it is asked: with what is asked about no such thing, with nothing.
class StandIn {
  static async begin(said = {}) {
    const standIn = new StandIn(said);
    standIn.server = http.createServer((request, response) => standIn.answer(request, response));
    standIn.server.listen(0, '127.0.0.1');
    await once(standIn.server, 'listening');
    standIn.address = `http://127.0.0.1:${standIn.server.address().port}`;
    return standIn;
  }

  constructor(said) {
    this.said = said;  // {part of an expression: answer}
    this.asked = [];
  }

  answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const asked = { path: pathname.replace('/api/v1/', ''), ...Object.fromEntries(searchParams) };
    this.asked.push(asked);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(this.answerTo(asked)));
  }

  answerTo(asked) {
    const success = (data) => ({ status: 'success', data });
    if (asked.path.startsWith('label/')) {
      return success(asked.path === 'label/job/values' ? ['prometheus'] : ['one:9090', 'two:9090']);
    }
    const [, special] = Object.entries(this.said).find(([part]) => asked.query.includes(part)) ?? [];
    const metrics = asked.query.includes('no_such_thing') ? [] : ['one:9090', 'two:9090'].map((instance) => ({ job: 'prometheus', instance }));
    if (special) {
      return special;
    }
    return success(asked.path === 'query'
      ? { resultType: 'vector', result: metrics.map((metric, index) => ({ metric, value: [Number(asked.time), String(index)] })) }
      : { resultType: 'matrix', result: metrics.map((metric, index) => ({ metric, values: this.points(asked, index) })) });
  }

  points({ start, end, step }, index) {
    const points = [];
    for (let time = Number(start); time <= Number(end); time += Number(step)) {
      points.push([time, String((Math.floor(time / 60) + index) % 2)]);
    }
    return points;
  }

  end() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

async function draw(t, standIn, ...options) {
  const into = fs.mkdtempSync(path.join(os.tmpdir(), 'drawn-'));
  t.after(() => fs.rmSync(into, { recursive: true }));
  t.after(() => standIn.end());
  const drawing = spawn(process.execPath,
    [path.join(here, 'draw.mjs'), '--prometheus', standIn.address, '--into', into, ...options, sample], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  drawing.stdout.on('data', (text) => { said += text; });
  drawing.stderr.on('data', (text) => { said += text; });
  const [code] = await once(drawing, 'close');
  return { code, said, into, complaints: said.split('\n').filter((line) => line.startsWith('sample.json: ')) };
}

function excuse(t, reasons) {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'excuses-')), 'excuses.json');
  t.after(() => fs.rmSync(path.dirname(file), { recursive: true }));
  fs.writeFileSync(file, JSON.stringify({ 'systemcheck-sample': reasons }));
  return ['--may-be-empty', file];
}

// Width and height are where every PNG has them.
function sizeOf(picture) {
  const header = fs.readFileSync(picture).subarray(0, 24);
  return [header.readUInt32BE(16), header.readUInt32BE(20)];
}

test('every panel is drawn in both looks, and what finds nothing is told', async (t) => {
  const standIn = await StandIn.begin();
  const { code, said, into, complaints } = await draw(t, standIn);
  assert.deepEqual([code, complaints], [1, [`sample.json: ${EMPTY}`]], said);
  for (const look of ['dark', 'light']) {
    const [width, height] = sizeOf(path.join(into, `systemcheck-sample-${look}.png`));
    assert.ok(width === 1600 && height > 1200, `${width} × ${height}`);
  }
  const panels = Object.fromEntries(JSON.parse(fs.readFileSync(path.join(into, 'systemcheck-sample.json'))).map((panel) => [panel.title, panel]));
  // Renamed, in order, sorted, with words for its values.
  assert.deepEqual(panels.Targets.text.slice(1), ['Instance', 'Job', 'State', 'Duration', 'Samples',
    'two:9090', 'prometheus', 'up', '1.00 s', '1', 'one:9090', 'prometheus', 'down', '0 s', '0']);
  assert.deepEqual(panels.Up.text.slice(1), ['one:9090', 'DOWN', 'two:9090', 'UP']);
  assert.ok(panels['How to read this'].text.includes('What a Prometheus says of itself, prometheus on All.'));
  assert.ok(panels.Failures.text.includes('No data'));
  assert.deepEqual([panels.Processor.series, panels.Requests.series], [2, 4]);
});

test('queries are asked as Grafana asks them', async (t) => {
  const standIn = await StandIn.begin();
  await draw(t, standIn, '--look', 'dark', '--from', 'now-1h', '--set', 'instance=two:9090', '--scrape-interval', '10s');
  const asked = (part) => standIn.asked.find(({ query }) => query?.includes(part));
  const range = asked('process_cpu');
  assert.equal(range.query, 'rate(process_cpu_seconds_total{job="prometheus", instance=~"two:9090"}[40s])');
  assert.equal(range.path, 'query_range');
  assert.equal(Number(range.end) - Number(range.start), 3600);
  assert.equal(range.step, '10');
  assert.equal(Number(range.start) % 10, 0);
  assert.equal(asked('samples_appended').query, 'increase(prometheus_tsdb_head_samples_appended_total{job="prometheus", instance=~"two:9090"}[30s])');
  assert.equal(asked('scrape_duration').path, 'query');
  const labels = standIn.asked.find(({ path: asks }) => asks === 'label/instance/values');
  assert.equal(labels['match[]'], 'prometheus_build_info{job="prometheus"}');
});

test('a panel that may be empty is excused, with a reason', async (t) => {
  const standIn = await StandIn.begin();
  const { code, said } = await draw(t, standIn, '--look', 'dark', ...excuse(t, { Failures: 'nothing has failed yet' }));
  assert.equal(code, 0, said);
});

test('an excuse needs a reason and a panel, and is none for an error', async (t) => {
  const standIn = await StandIn.begin({ open_fds: { status: 'error', error: 'parse error: unexpected "}"' } });
  const excuses = excuse(t, { 'Failures, A': '', 'Gone': 'it was removed', Descriptors: 'there may be none' });
  const { code, complaints } = await draw(t, standIn, '--look', 'dark', ...excuses);
  assert.equal(code, 1);
  assert.deepEqual(complaints.sort(), [
    'sample.json: Descriptors, A: parse error: unexpected "}"',
    `sample.json: ${EMPTY}`,
    'sample.json: Failures, A: may be empty, but nobody says why',
    'sample.json: Gone: may be empty, but there is no such panel',
  ].sort());
});

test('what is no number is no answer', async (t) => {
  const metric = { instance: 'one:9090' };
  const standIn = await StandIn.begin({ head_chunks: { status: 'success', data: { resultType: 'vector', result: [{ metric, value: [1, 'NaN'] }] } } });
  const { complaints } = await draw(t, standIn, '--look', 'dark');
  assert.ok(complaints.some((complaint) => complaint.startsWith('sample.json: Chunks in the head, A: nothing but NaN')), complaints.join('\n'));
});

test('values that are outside of what is shown are told', async (t) => {
  const metric = { instance: 'one:9090' };
  const standIn = await StandIn.begin();
  const answerTo = standIn.answerTo.bind(standIn);
  standIn.answerTo = (asked) => (asked.query?.includes('open_fds')
    ? { status: 'success', data: { resultType: 'matrix', result: [{ metric, values: standIn.points(asked, 0).map(([time]) => [time, '-5']) }] } }
    : answerTo(asked));
  const { complaints } = await draw(t, standIn, '--look', 'dark');
  assert.deepEqual(complaints, [`sample.json: ${EMPTY}`, 'sample.json: Descriptors: there is data, but none of it is seen']);
});

test('a Prometheus that is not there is told', async (t) => {
  const standIn = await StandIn.begin();
  standIn.end();
  const { code, complaints } = await draw(t, standIn, '--look', 'dark');
  assert.equal(code, 1);
  assert.match(complaints[0], /variable job: http:.*ECONNREFUSED/);
});
