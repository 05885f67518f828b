// From a dashboard to what its panels show: variables, queries, transformations, overrides.
import * as grafana from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import { configOf, OPTIONS, registryOf } from './fields.js';
import { framesOf, globalVariables, intervalsOf, requestOf, seriesOf } from './query.js';
import { chosen, optionsOf, parseVariableQuery, Variables } from './variables.js';

// One is listed twice, under an older name.
const transformations = new Map(Object.values(grafana.standardTransformers).map((one) => [one.id, one]));
grafana.standardTransformersRegistry.setInit(() => [...transformations.values()]
  .map((one) => ({ id: one.id, name: one.name, transformation: () => Promise.resolve(one), editor: () => null })));

const commaSeparated = (text) => text.split(/(?<!\\),/).map((one) => one.trim().replaceAll('\\,', ',')).filter(Boolean);

// Values that the dashboard itself lists may have a name: "name : value".
function listed(text) {
  return commaSeparated(text).map((one) => /^(?:.+?)\s:\s(.+)$/.exec(one)?.[1] ?? one);
}

async function valuesOf(variable, known, { ask, range }) {
  switch (variable.type) {
    case 'custom':
    case 'interval': return listed(variable.query);
    case 'constant':
    case 'textbox': return [variable.query ?? ''];
    case 'query': {
      const { path, parameters, valuesOf: read } = parseVariableQuery(variable.query);
      const filled = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, known.inQuery(value)]));
      const times = path === 'query' ? { time: range.to.unix() } : { start: range.from.unix(), end: range.to.unix() };
      return read(await ask(path, { ...filled, ...times }));
    }
    default: throw new Error(`a variable of type ${variable.type} is not known here`);
  }
}

// One after the other: a variable may ask with those above it.
export async function readVariables(dashboard, { ask, range, wanted, complain }) {
  let known = new Variables();
  for (const variable of dashboard.templating?.list ?? []) {
    if (variable.type === 'datasource') {
      known = known.with({ [variable.name]: { value: 'prometheus', text: 'Prometheus' } });
      continue;
    }
    try {
      const options = optionsOf(variable, await valuesOf(variable, known, { ask, range }));
      const choice = chosen(variable, options, wanted[variable.name]);
      if (choice.value === undefined || choice.value.length === 0) {
        throw new Error('has no value');
      }
      known = known.with({ [variable.name]: choice });
    } catch (error) {
      complain(`variable ${variable.name}: ${error.message}`);
    }
  }
  return known;
}

export function timeRangeOf({ time = {} }, nowMs) {
  const raw = { from: time.from ?? 'now-6h', to: time.to ?? 'now' };
  const at = (word, isEnd) => grafana.dateMath.toDateTime(word, { roundUp: isEnd, now: grafana.dateTime(nowMs) });
  const range = { from: at(raw.from, false), to: at(raw.to, true), raw };
  if (!range.from?.isValid() || !range.to?.isValid()) {
    throw new Error(`the time from ${raw.from} to ${raw.to} is not known here`);
  }
  return range;
}

async function askTarget(target, panel, surroundings) {
  const { ask, variables, range, width, scrapeInterval } = surroundings;
  const intervals = intervalsOf({ panel, target: { ...target, interval: variables.inText(target.interval) }, range, width, scrapeInterval });
  const expr = variables.with(globalVariables(intervals, range)).inQuery(target.expr);
  const { path, parameters } = requestOf(target, expr, range, intervals);
  return { target, expr, stepMs: intervals.stepMs, series: seriesOf(await ask(path, parameters)) };
}

// Annotations are not drawn; that their queries are understood is all that is found out.
export async function tryAnnotations(dashboard, surroundings, complain) {
  for (const annotation of dashboard.annotations?.list ?? []) {
    const expr = annotation.target?.expr ?? annotation.expr;
    try {
      if (expr && annotation.enable) {
        await askTarget({ refId: 'Anno', range: true, interval: annotation.target?.interval ?? annotation.step, expr }, {}, surroundings);
      }
    } catch (error) {
      complain(`annotation ${annotation.name}: ${error.message}`);
    }
  }
}

function isWithoutValue({ points }) {
  return points.every(([, word]) => word === 'NaN');
}

// Each query has to find something that is a number.
async function answersOf(panel, surroundings, complain) {
  const answers = [];
  for (const target of (panel.targets ?? []).filter(({ hide }) => !hide)) {
    try {
      const answer = await askTarget(target, panel, surroundings);
      if (answer.series.length === 0) {
        complain(target.refId, `no data: ${answer.expr}`);
      } else if (answer.series.every(isWithoutValue)) {
        complain(target.refId, `nothing but NaN: ${answer.expr}`);
      }
      answers.push(answer);
    } catch (error) {
      complain(target.refId, error.message);
    }
  }
  return answers;
}

// {frames, series, fieldConfig, options}: what a panel of this width has to draw.
export async function readPanel(panel, surroundings, complain) {
  const fieldConfig = configOf(panel);
  const options = { ...OPTIONS[panel.type], ...panel.options };
  const answers = await answersOf(panel, surroundings, complain);
  const { theme, timeZone, replaceVariables } = surroundings;
  const wanted = (panel.transformations ?? []).filter(({ disabled }) => !disabled);
  const transformed = await lastValueFrom(
    grafana.transformDataFrame(wanted, framesOf(answers), { interpolate: replaceVariables }));
  const frames = grafana.applyFieldOverrides({
    data: transformed, fieldConfig, fieldConfigRegistry: registryOf(fieldConfig), replaceVariables, theme, timeZone,
  });
  grafana.cacheFieldDisplayNames(frames);
  const isEmpty = frames.every((frame) => frame.length === 0 || frame.fields.length === 0);
  if (panel.targets?.length && isEmpty && answers.some(({ series }) => series.length > 0)) {
    complain('', 'its transformations leave nothing');
  }
  return { frames, isEmpty, fieldConfig, options, series: answers.reduce((sum, { series }) => sum + series.length, 0) };
}
