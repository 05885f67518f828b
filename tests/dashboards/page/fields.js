// What Grafana adds to what a dashboard says about fields: the defaults of each panel, and how each property is applied.
// The former are in no package, the latter's pieces are in @grafana/data.
import * as grafana from '@grafana/data';

const standard = {
  actions: grafana.identityOverrideProcessor,
  color: grafana.identityOverrideProcessor,
  decimals: grafana.numberOverrideProcessor,
  description: grafana.stringOverrideProcessor,
  displayName: grafana.displayNameOverrideProcessor,
  fieldMinMax: grafana.booleanOverrideProcessor,
  filterable: grafana.booleanOverrideProcessor,
  links: grafana.dataLinksOverrideProcessor,
  mappings: grafana.valueMappingsOverrideProcessor,
  max: grafana.numberOverrideProcessor,
  min: grafana.numberOverrideProcessor,
  noValue: grafana.displayNameOverrideProcessor,
  thresholds: grafana.thresholdsOverrideProcessor,
  unit: grafana.unitOverrideProcessor,
};

const hideFrom = { legend: false, tooltip: false, viz: false };
const custom = {
  timeseries: {
    axisBorderShow: false, axisCenteredZero: false, axisColorMode: 'text', axisLabel: '', axisPlacement: 'auto',
    barAlignment: 0, barWidthFactor: 0.6, drawStyle: 'line', fillOpacity: 0, gradientMode: 'none', hideFrom,
    insertNulls: false, lineInterpolation: 'linear', lineStyle: { fill: 'solid' }, lineWidth: 1, pointSize: 5,
    scaleDistribution: { type: 'linear' }, showPoints: 'auto', spanNulls: false, stacking: { group: 'A', mode: 'none' },
    thresholdsStyle: { mode: 'off' },
  },
  'state-timeline': { axisPlacement: 'auto', fillOpacity: 70, hideFrom, lineWidth: 0 },
  table: { align: 'auto', cellOptions: { type: 'auto' }, footer: { reducers: [] }, inspect: false },
};

const colorMode = { timeseries: 'palette-classic', 'state-timeline': 'continuous-GrYlRd' };

// Those that a panel can do without saying.
export const OPTIONS = {
  bargauge: { displayMode: 'gradient', valueMode: 'color', namePlacement: 'auto', showUnfilled: true, orientation: 'auto',
    sizing: 'auto', minVizWidth: 8, minVizHeight: 16, maxVizHeight: 300 },
  gauge: { orientation: 'auto' },
  stat: { colorMode: 'value', graphMode: 'area', justifyMode: 'auto', textMode: 'auto', wideLayout: true, orientation: 'auto' },
  'state-timeline': { mergeValues: true, showValue: 'auto', alignValue: 'left', rowHeight: 0.9 },
  table: { showHeader: true, cellHeight: 'sm', frameIndex: 0 },
  text: { mode: 'markdown', content: '' },
  timeseries: {},
};
export const REDUCTION = { calcs: ['lastNotNull'], fields: '', values: false };
export const LEGEND = { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] };

// JSON has no -Infinity: the lowest threshold is null there.
function withLowest(thresholds) {
  const [lowest, ...others] = thresholds.steps;
  return { ...thresholds, steps: [{ ...lowest, value: lowest.value ?? -Infinity }, ...others] };
}

export function configOf(panel) {
  const { defaults = {}, overrides = [] } = structuredClone(panel.fieldConfig ?? {});
  defaults.thresholds = withLowest(defaults.thresholds
    ?? { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: 'red', value: 80 }] });
  defaults.color ??= { mode: colorMode[panel.type] ?? 'thresholds' };
  defaults.mappings ??= [];
  defaults.custom = { ...custom[panel.type], ...defaults.custom };
  for (const property of overrides.flatMap((override) => override.properties)) {
    if (property.id === 'thresholds') {
      property.value = withLowest(property.value);
    }
  }
  return { defaults, overrides };
}

function item(id, path, process, isCustom) {
  return { id, path, name: id, process, isCustom, shouldApply: () => true, settings: {} };
}

// "custom.stacking.mode" is a property of its own if an override names it.
export function registryOf({ defaults, overrides }) {
  const named = overrides.flatMap((override) => override.properties).map(({ id }) => id)
    .filter((id) => id.startsWith('custom.')).map((id) => id.slice('custom.'.length));
  const registry = new grafana.FieldConfigOptionsRegistry();
  for (const [id, process] of Object.entries(standard)) {
    registry.register(item(id, id, process, false));
  }
  for (const path of new Set([...Object.keys(defaults.custom), ...named])) {
    registry.register(item(`custom.${path}`, path, grafana.identityOverrideProcessor, true));
  }
  return registry;
}
