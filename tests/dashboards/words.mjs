// Words that are mere strings in Grafana's types: units, colours, reducers, matchers, transformations. What it does not
// know it ignores, or shows as it stands.
import { createRequire } from 'node:module';
import { folder, load } from './packages.mjs';

// Node 18 cannot load it as it is: some of what it requires is of the newer kind of modules.
function loadGrafanaData() {
  const { outputFiles: [{ text }] } = load('esbuild').buildSync({
    stdin: { contents: "export { createTheme, fieldMatchers, fieldReducers, getValueFormats } from '@grafana/data'", resolveDir: folder },
    bundle: true, write: false, format: 'cjs', platform: 'node', logLevel: 'error',
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', text)(module, module.exports, createRequire(import.meta.url));
  return module.exports;
}

// Asked for the language of the dates, while units are listed.
globalThis.navigator ??= { language: 'en', languages: ['en'] };
const grafana = loadGrafanaData();

// "suffix: per second" and the like are units of one's own.
const OWN_UNIT = /^(?:prefix|suffix|time|si|count|currency|bool):./;

const units = new Set(grafana.getValueFormats().flatMap((group) => group.submenu.map((unit) => unit.value)));
const colors = new Set(['text', 'transparent'].concat(
  grafana.createTheme().visualization.hues.flatMap((hue) => hue.shades.flatMap((shade) => [shade.name, ...(shade.aliases ?? [])]))));
const reducers = new Set(grafana.fieldReducers.list().map((reducer) => reducer.id));
const matchers = new Set(grafana.fieldMatchers.list().map((matcher) => matcher.id));

const known = {
  unit: (word) => units.has(word) || OWN_UNIT.test(word),
  color: (word) => colors.has(word) || /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(word),
  reducer: (word) => reducers.has(word),
  matcher: (word) => matchers.has(word),
};

function thresholdsAndMappings(at, config) {
  const words = (config.thresholds?.steps ?? []).map((step) => [`${at}/thresholds`, 'color', step.color]);
  for (const mapping of config.mappings ?? []) {
    const results = mapping.type === 'value' ? Object.values(mapping.options) : [mapping.options.result];
    words.push(...results.map((result) => [`${at}/mappings`, 'color', result?.color]));
  }
  return words;
}

function ofConfig(at, config) {
  return [
    [`${at}/unit`, 'unit', config.unit],
    [`${at}/color`, 'color', config.color?.fixedColor],
    ...(config.custom?.footer?.reducers ?? []).map((id) => [`${at}/custom/footer`, 'reducer', id]),
    ...thresholdsAndMappings(at, config),
  ];
}

function ofOverride(at, override) {
  const config = Object.fromEntries(override.properties.map(({ id, value }) => [id, value]));
  return [[`${at}/matcher`, 'matcher', override.matcher.id], ...ofConfig(at, config)];
}

function ofPanel(panel) {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  const calcs = [...(panel.options?.reduceOptions?.calcs ?? []), ...(panel.options?.legend?.calcs ?? [])];
  return [
    ...ofConfig('fieldConfig/defaults', defaults),
    ...overrides.flatMap((override, index) => ofOverride(`fieldConfig/overrides/${index}`, override)),
    ...calcs.map((id) => ['options', 'reducer', id]),
  ];
}

// [where, what] of each word that Grafana does not know.
export function unknownWords(panel) {
  return ofPanel(panel)
    .filter(([, kind, word]) => word !== undefined && !known[kind](word))
    .map(([at, kind, word]) => [at, `there is no ${kind} "${word}"`]);
}
