// A daemon with services of its own, in a folder of its own: what the page is looked at of.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILD = process.env.SYSTEMCHECK_BUILD ?? path.join(path.dirname(fileURLToPath(import.meta.url)), '../../build/release');
const PATIENCE_MS = 30_000;
const POLL_MS = 20;

// Waiting is always for a condition, with a deadline.
export async function until(condition, what) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`still waiting for ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class Machine {
  static async begin(names) {
    const machine = new Machine(fs.mkdtempSync(path.join(os.tmpdir(), 'page-')), await freePort());
    machine.configure(names);
    await machine.start();
    return machine;
  }

  constructor(folder, port) {
    Object.assign(this, { folder, port, url: `http://127.0.0.1:${port}` });
  }

  file(name) {
    return path.join(this.folder, name);
  }

  // Each is a copy of sleep(1), so that it is told from all other processes; "broken" cannot be started again.
  configure(names) {
    const services = Object.fromEntries(names.map((name) => {
      const program = this.file(name);
      fs.copyFileSync('/bin/sleep', program);
      fs.chmodSync(program, 0o755);
      const start = name === 'broken' ? ['/bin/false'] : ['/usr/bin/setsid', '--fork', program, '3600'];
      return [name, { match: { exe: program }, start }];
    }));
    fs.writeFileSync(this.file('maillog'), '');
    fs.writeFileSync(this.file('config.yaml'), JSON.stringify({
      cycle: '1s', discover: false, mode: 'act', services, snmp: { mode: 'disabled' },
      state_directory: this.file('state'), control_socket: this.file('control.sock'), http: { listen: [`127.0.0.1:${this.port}`] },
      relay: { enabled: true, logs: [this.file('maillog')], trusted_origin: 'ignored',
        publish: [{ plain_file: { path: this.file('relay.txt') } }] },
    }));
    for (const name of names) spawnSync('/usr/bin/setsid', ['--fork', this.file(name), '3600'], { stdio: 'ignore' });
  }

  async start() {
    this.daemon = spawn(path.join(BUILD, 'systemcheckd'), ['--config', this.file('config.yaml')], {
      stdio: ['ignore', 'ignore', fs.openSync(this.file('log'), 'a')] });
    await until(() => fetch(`${this.url}/-/ready`, { headers: this.headers }).then(({ ok }) => ok, () => false), `readiness\n${fs.readFileSync(this.file('log'))}`);
  }

  async stop(signal = 'SIGTERM') {
    const ended = new Promise((resolve) => { this.daemon.once('exit', resolve); });
    this.daemon.kill(signal);
    await ended;
  }

  // What a day would have left.
  async live(samples) {
    await this.stop();
    const rows = samples.map(({ at, ...row }) => `(${Math.floor(at / 60) % 1440},${at * 1e6},${row.load},${row.load / 4},${row.usable},${row.clients},${row.short ? 1 : 0})`);
    const program = 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute("DELETE FROM samples"); c.execute("INSERT OR REPLACE INTO samples VALUES "+sys.stdin.read()); c.commit()';
    const done = spawnSync('/usr/bin/python3', ['-c', program, this.file('state/state.db')], { input: rows.join(','), encoding: 'utf8' });
    if (done.status !== 0) throw new Error(done.stderr);
    await this.start();
  }

  ask(what) {
    return fetch(`${this.url}/api/v1/${what}`).then((answer) => answer.json());
  }

  async mainPid(name) {
    return (await this.ask(`services/${name}`)).service.main_pid;
  }

  ctl(...words) {
    return spawnSync(path.join(BUILD, 'systemcheckctl'), ['--socket', this.file('control.sock'), ...words], { encoding: 'utf8' });
  }

  // By their ids: whatever runs one of the programs that were made here.
  async end() {
    await this.stop('SIGKILL');
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (fs.readlinkSync(`/proc/${pid}/exe`).startsWith(`${this.folder}/`)) process.kill(Number(pid), 'SIGKILL');
      } catch { /* It is gone, or somebody else's. */ }
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
