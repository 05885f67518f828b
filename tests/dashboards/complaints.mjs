// What is wrong with a dashboard, as sentences that begin with where.
import { makeValidators } from './schema.mjs';
import { unknownWords } from './words.mjs';

// One that fits none of several types fails for each of them: the first few reasons say enough.
const REASONS_MAX = 3;

function inWords(error) {
  switch (error.keyword) {
    case 'additionalProperties': return `there is no "${error.params.additionalProperty}"`;
    case 'enum': return `${JSON.stringify(error.data)} is none of ${error.schema.map((one) => JSON.stringify(one)).join(', ')}`;
    case 'const': return `${JSON.stringify(error.data)} is not ${JSON.stringify(error.params.allowedValue)}`;
    default: return error.message;
  }
}

function located(at, errors) {
  return errors.slice(0, REASONS_MAX).map((error) => `${at}${error.instancePath}: ${inWords(error)}`);
}

// "custom.stacking.mode" of an override, as what it would be among the defaults.
function unfolded(id, value) {
  return id.split('.').reduceRight((inner, key) => ({ [key]: inner }), value);
}

class Judge {
  constructor(validators) {
    this.validators = validators;
  }

  dashboard(dashboard) {
    const panels = Array.isArray(dashboard?.panels) ? dashboard.panels : [];
    return [
      ...located('', this.validators.dashboard(dashboard)),
      ...panels.flatMap((panel, index) => (panel?.type === 'row' ? this.row(panel, index) : this.panel(panel, `panels/${index}`))),
    ];
  }

  row(row, index) {
    // Its panels are judged one by one, by what they are.
    return [
      ...located(`panels/${index}`, this.validators.row({ ...row, panels: Array.isArray(row.panels) ? [] : row.panels })),
      ...(Array.isArray(row.panels) ? row.panels : [])
        .flatMap((panel, inner) => this.panel(panel, `panels/${index}/panels/${inner}`)),
    ];
  }

  panel(panel, where) {
    const at = panel?.title ? `${where} (${panel.title})` : where;
    const general = located(at, this.validators.panel(panel));
    if (general.length > 0) {
      return general;  // What follows counts on its shape.
    }
    const ofType = this.validators.ofType(panel.type);
    if (!ofType) {
      return [`${at}/type: "${panel.type}" is not in tests/dashboards/schema.mjs`];
    }
    return [
      ...located(`${at}/options`, ofType.options(panel.options ?? {})),
      ...located(`${at}/fieldConfig/defaults/custom`, ofType.custom(panel.fieldConfig?.defaults.custom ?? {})),
      ...(panel.fieldConfig?.overrides ?? []).flatMap((override, index) =>
        this.override(override, ofType, `${at}/fieldConfig/overrides/${index}`)),
      ...(panel.transformations ?? []).flatMap((one, index) => this.transformation(one, `${at}/transformations/${index}`)),
      ...unknownWords(panel).map(([inside, what]) => `${at}/${inside}: ${what}`),
    ];
  }

  override(override, ofType, at) {
    return override.properties.flatMap(({ id, value }) => {
      const config = unfolded(id, value);
      const errors = id.startsWith('custom.') ? ofType.custom(config.custom) : this.validators.fieldConfig(config);
      return located(`${at}/${id}`, errors);
    });
  }

  transformation({ id, options }, at) {
    const validate = this.validators.transformation(id);
    return validate ? located(`${at}/options`, validate(options)) : [`${at}/id: "${id}" is not in tests/dashboards/schema.mjs`];
  }
}

export function makeJudge() {
  return new Judge(makeValidators());
}
