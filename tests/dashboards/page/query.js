// From a panel's queries to Grafana's data frames: what its Prometheus data source does on the server, which is in none
// of the packages.
import { FieldType, rangeUtil, toDataFrame } from '@grafana/data';

const POINTS_MAX = 11000;  // Prometheus refuses more.

// What a panel's queries have in common: from when to when, and how far apart.
export function intervalsOf({ panel, target, range, width, scrapeInterval }) {
  const least = target.interval || panel.interval || scrapeInterval;
  const { intervalMs } = rangeUtil.calculateInterval(range, panel.maxDataPoints ?? width, least);
  const rangeMs = range.to.valueOf() - range.from.valueOf();
  const stepMs = Math.max(intervalMs, Math.ceil(rangeMs / POINTS_MAX / 1000) * 1000);
  const scrapeMs = rangeUtil.intervalToMs(target.interval || scrapeInterval);
  return { stepMs, rateMs: Math.max(stepMs + scrapeMs, 4 * scrapeMs), rangeMs };
}

export function globalVariables({ stepMs, rateMs, rangeMs }, range) {
  const words = (ms) => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);
  return {
    __interval: words(stepMs), __interval_ms: stepMs,
    __rate_interval: words(rateMs), __rate_interval_ms: rateMs,
    __range: words(Math.round(rangeMs / 1000) * 1000), __range_s: Math.round(rangeMs / 1000), __range_ms: rangeMs,
    __from: range.from.valueOf(), __to: range.to.valueOf(),
  };
}

export function requestOf(target, expr, range, { stepMs }) {
  if (isRange(target)) {
    const aligned = (time) => (Math.floor(time / stepMs) * stepMs) / 1000;
    return { path: 'query_range',
      parameters: { query: expr, start: aligned(range.from.valueOf()), end: aligned(range.to.valueOf()), step: stepMs / 1000 } };
  }
  return { path: 'query', parameters: { query: expr, time: range.to.valueOf() / 1000 } };
}

function isRange(target) {
  return target.range ?? !target.instant;
}

const numberOf = (word) => ({ NaN: NaN, '+Inf': Infinity, '-Inf': -Infinity })[word] ?? Number(word);

// [{metric, points: [[time, word]…]}], whatever was asked.
export function seriesOf({ resultType, result }) {
  switch (resultType) {
    case 'scalar': return [{ metric: {}, points: [result] }];
    case 'vector': return result.map(({ metric, value }) => ({ metric, points: [value] }));
    case 'matrix': return result.map(({ metric, values }) => ({ metric, points: values }));
    default: throw new Error(`a result of type ${resultType}`);
  }
}

function fullName({ __name__: name = '', ...labels }) {
  return `${name}{${Object.entries(labels).map(([label, value]) => `${label}="${value}"`).join(', ')}}`;
}

function legendOf(target, metric, expr) {
  if (target.legendFormat === '__auto' && Object.keys(metric).length > 0) {
    return '';  // Grafana makes one of what distinguishes the series.
  }
  const legend = target.legendFormat && target.legendFormat !== '__auto'
    ? target.legendFormat.replace(/\{\{\s*([^}]+?)\s*\}\}/g, (_, label) => metric[label] ?? '')
    : fullName(metric);
  return legend === '{}' ? expr : legend;
}

function timeSeriesFrame(target, expr, stepMs, { metric, points }) {
  const name = legendOf(target, metric, expr);
  const frame = toDataFrame({
    refId: target.refId,
    name,
    fields: [
      { name: 'Time', type: FieldType.time, config: isRange(target) ? { interval: stepMs } : {}, values: points.map(([time]) => time * 1000) },
      { name: 'Value', type: FieldType.number, labels: metric, config: name ? { displayNameFromDS: name } : {},
        values: points.map(([, word]) => numberOf(word)) },
    ],
  });
  return frame;
}

// One table of all series of a query: a column for each label.
function tableFrame(target, valueName, series) {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric).sort()))];
  const rows = series.flatMap(({ metric, points }) => points.map(([time, word]) => ({ metric, time, word })));
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, config: {}, values: rows.map(({ time }) => time * 1000) },
      ...labels.map((label) => ({ name: label, type: FieldType.string, config: { filterable: true },
        values: rows.map(({ metric }) => metric[label] ?? '') })),
      { name: valueName, type: FieldType.number, config: {}, values: rows.map(({ word }) => numberOf(word)) },
    ],
  });
}

// answers: [{target, expr, stepMs, series}] of all queries of a panel.
export function framesOf(answers) {
  const tables = answers.filter(({ target }) => target.format === 'table');
  const valueName = (target) => (tables.length > 1 ? `Value #${target.refId}` : 'Value');
  return answers.flatMap(({ target, expr, stepMs, series }) => (target.format === 'table'
    ? [tableFrame(target, valueName(target), series)]
    : series.map((one) => timeSeriesFrame(target, expr, stepMs, one))));
}
