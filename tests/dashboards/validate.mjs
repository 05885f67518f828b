// run validate FILE…: prints what is wrong with dashboards; exit code 1 if there is anything.
import fs from 'node:fs';
import { makeJudge } from './complaints.mjs';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: run validate FILE…');
  process.exit(2);
}

function complaintsAbout(file, judge) {
  try {
    return judge.dashboard(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (error) {
    return [error.message];
  }
}

const judge = makeJudge();
const complaints = files.flatMap((file) => complaintsAbout(file, judge).map((complaint) => `${file}: ${complaint}`));
console.log(complaints.length > 0 ? complaints.join('\n') : `${files.length} dashboards are as Grafana's types say`);
process.exitCode = complaints.length > 0 ? 1 : 0;
