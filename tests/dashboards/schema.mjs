// What Grafana publishes about dashboards as types (@grafana/schema), as functions that say what is wrong with a value.
import path from 'node:path';
import { load, modules } from './packages.mjs';

const { createGenerator } = load('ts-json-schema-generator');
const Ajv = load('ajv');

const types = path.join(modules, '@grafana/schema/dist/types/raw');
const dashboardTypes = path.join(types, 'dashboard/x/types.gen.d.ts');
const panelTypes = (panel) => path.join(types, `composable/${panel}/panelcfg/x/types.gen.d.ts`);

// Where Grafana has the types of a panel's options, and whether it has any for fieldConfig.defaults.custom.
const PANELS = {
  bargauge: { folder: 'bargauge', hasCustom: false },
  gauge: { folder: 'gauge', hasCustom: false },
  stat: { folder: 'stat', hasCustom: false },
  'state-timeline': { folder: 'statetimeline', hasCustom: true },
  table: { folder: 'table', hasCustom: true },
  text: { folder: 'text', hasCustom: false },
  timeseries: { folder: 'timeseries', hasCustom: true },
};

// Where it has those of the transformations that we use; another one needs a line here.
const TRANSFORMATIONS = {
  filterFieldsByName: ['filterByName', 'FilterFieldsByNameTransformerOptions'],
  groupBy: ['groupBy', 'GroupByTransformerOptions'],
  joinByField: ['joinByField', 'JoinByFieldOptions'],
  labelsToFields: ['labelsToFields', 'LabelsToFieldsOptions'],
  limit: ['limit', 'LimitTransformerOptions'],
  merge: ['merge', 'MergeTransformerOptions'],
  organize: ['organize', 'OrganizeFieldsTransformerOptions'],
  reduce: ['reduce', 'ReduceTransformerOptions'],
  renameByRegex: ['renameByRegex', 'RenameByRegexTransformerOptions'],
  seriesToRows: ['seriesToRows', 'SeriesToRowsTransformerOptions'],
  sortBy: ['sortBy', 'SortByTransformerOptions'],
};

// Of a value that leads somewhere. Grafana's own type is of its functions, too, and the dashboard's says "unknown".
const DATA_LINK = {
  type: 'object',
  properties: {
    oneClick: { type: 'boolean' },
    targetBlank: { type: 'boolean' },
    title: { type: 'string', minLength: 1 },
    url: { type: 'string', minLength: 1 },
  },
  required: ['title', 'url'],
  additionalProperties: false,
};

// The data source's own; its types are not among those.
const TARGET = {
  type: 'object',
  properties: {
    datasource: { $ref: '#/definitions/DataSourceRef' },
    editorMode: { enum: ['code', 'builder'] },
    exemplar: { type: 'boolean' },
    expr: { type: 'string', minLength: 1 },
    format: { enum: ['time_series', 'table', 'heatmap'] },
    hide: { type: 'boolean' },
    instant: { type: 'boolean' },
    interval: { type: 'string' },
    intervalFactor: { type: 'number' },
    legendFormat: { type: 'string' },
    range: { type: 'boolean' },
    refId: { type: 'string', minLength: 1 },
  },
  required: ['refId', 'expr'],
  additionalProperties: false,
};

// What an annotation may say besides: its own type is of Grafana's own store. Grafana still reads expr and step at its top.
const ANNOTATION = {
  expr: { type: 'string', minLength: 1 },
  step: { type: 'string' },
  tagKeys: { type: 'string' },
  textFormat: { type: 'string' },
  titleFormat: { type: 'string' },
  useValueForTime: { enum: [true, false, 'on', 'off'] },
};

function schemaOf(file, type, expose = 'all') {
  return createGenerator({ path: file, type, skipTypeCheck: true, additionalProperties: false, expose, topRef: true })
    .createSchema(type);
}

// A key that is not there has the default of the panel; one that is there is whole.
function allOptional(schema, type) {
  const { required, ...rest } = schema.definitions[type];
  return { ...schema, definitions: { ...schema.definitions, [type]: rest } };
}

function validator(schema) {
  const validate = new Ajv({ strict: false, allErrors: true, verbose: true }).compile(schema);
  return (value) => (validate(value) ? [] : validate.errors);
}

// Of a panel that is none of the types, only what its own type says is of interest.
function withoutPanels(schema) {
  const dashboard = structuredClone(schema);
  dashboard.definitions.Dashboard.properties.panels = { type: 'array' };
  return dashboard;
}

function reference(schema, type) {
  return { ...schema, $ref: `#/definitions/${type}` };
}

function dashboardSchema() {
  const schema = schemaOf(dashboardTypes, 'Dashboard');
  schema.definitions.Panel.properties.targets.items = TARGET;
  const annotation = schema.definitions.AnnotationQuery.properties;
  Object.assign(annotation, ANNOTATION, { target: { anyOf: [annotation.target, TARGET] } });
  schema.definitions.FieldConfig.properties.links.items = DATA_LINK;
  return schema;
}

function panelValidators({ folder, hasCustom }) {
  const options = allOptional(schemaOf(panelTypes(folder), 'Options'), 'Options');
  const custom = hasCustom
    ? allOptional(schemaOf(panelTypes(folder), 'FieldConfig'), 'FieldConfig')
    : { type: 'object', additionalProperties: false };
  return { options: validator(options), custom: validator(custom) };
}

function transformationValidator([file, type]) {
  const declared = path.join(modules, `@grafana/data/dist/types/transformations/transformers/${file}.d.ts`);
  // Inlined, because some names are defined twice.
  const schema = allOptional(schemaOf(declared, type, 'none'), type);
  schema.definitions[type].additionalProperties = false;
  return validator(schema);
}

// Made when it is asked for, once: half a second each. Undefined for what is not in the table.
function lazily(table, make) {
  const made = new Map();
  return (key) => {
    if (!made.has(key) && Object.hasOwn(table, key)) {
      made.set(key, make(table[key]));
    }
    return made.get(key);
  };
}

export function makeValidators() {
  const schema = dashboardSchema();
  return {
    dashboard: validator(withoutPanels(schema)),
    panel: validator(reference(schema, 'Panel')),
    row: validator(reference(schema, 'RowPanel')),
    fieldConfig: validator(reference(schema, 'FieldConfig')),
    ofType: lazily(PANELS, panelValidators),
    transformation: lazily(TRANSFORMATIONS, transformationValidator),
  };
}
