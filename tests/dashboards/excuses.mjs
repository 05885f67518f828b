// Which panels need not find anything, and why: {"UID": {"panel": "why", "panel, B": "why"}}.
import fs from 'node:fs';

const EMPTY = /^(?:no data|nothing but NaN|its transformations leave nothing)/;

export class Excuses {
  constructor(file) {
    this.reasons = file ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
  }

  // The problems that are left, and a new one for each excuse of a panel that there is not.
  judge({ uid, panels }, problems) {
    const reasons = this.reasons[uid] ?? {};
    const isExcused = ({ panel, query, what }) => EMPTY.test(what) && (reasons[panel] || reasons[`${panel}, ${query}`]);
    return [...problems.filter((problem) => !isExcused(problem)), ...stale(reasons, panels)];
  }
}

function stale(reasons, panels) {
  const all = panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const known = new Set(all.flatMap(({ title, targets }) => [title, ...(targets ?? []).map(({ refId }) => `${title}, ${refId}`)]));
  return Object.entries(reasons).flatMap(([name, reason]) => [
    ...(known.has(name) ? [] : [{ panel: name, query: '', what: 'may be empty, but there is no such panel' }]),
    ...(typeof reason === 'string' && reason ? [] : [{ panel: name, query: '', what: 'may be empty, but nobody says why' }]),
  ]);
}
