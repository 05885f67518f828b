// What a dashboard's variables stand for, and their values in a query or a text. None of Grafana's packages does that.

// $name, [[name]], ${name}, ${name:format}; with a path inside (${__data.fields.Instance}) it is of a value, not ours.
const REFERENCE = /\$(\w+)|\[\[(\w+)\]\]|\$\{(\w+)(?::([\w]+))?\}/g;

const escapeString = (text) => text.replace(/\\/g, '\\\\').replace(/'/g, "\\'");
// Twice: once for the expression, once for the string in which it stands.
const escapeExpression = (text) => text.replace(/[\\^$*+?.()|[\]{}]/g, '\\\\$&').replace(/'/g, "\\'");
const listOf = (value) => (Array.isArray(value) ? value : [value]);

// Of several values an expression that matches each.
function inQuery({ value, isList }) {
  if (!isList) {
    return escapeString(String(value));
  }
  const values = listOf(value).map(escapeExpression);
  return values.length === 1 ? values[0] : `(${values.join('|')})`;
}

const FORMATS = {
  csv: ({ value }) => listOf(value).join(','),
  pipe: ({ value }) => listOf(value).join('|'),
  queryparam: ({ name, value }) => listOf(value).map((one) => `var-${name}=${encodeURIComponent(one)}`).join('&'),
  raw: ({ value }) => listOf(value).join(','),
  regex: ({ value }) => listOf(value).map((one) => one.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&')).join('|'),
  text: ({ value, text }) => text ?? listOf(value).join(' + '),
};

export class Variables {
  constructor(values = {}) {
    this.values = values;
  }

  // A value is {value, isList, text, isVerbatim}; as a word it is taken as it stands.
  with(more) {
    const plain = Object.entries(more).map(([name, value]) =>
      [name, value?.value === undefined ? { value: String(value), isVerbatim: true } : value]);
    return new Variables({ ...this.values, ...Object.fromEntries(plain) });
  }

  replaced(text, otherwise) {
    return String(text ?? '').replace(REFERENCE, (all, bare, old, braced, format) => {
      const name = bare ?? old ?? braced;
      const variable = this.values[name];
      if (!variable) {
        return all;
      }
      const write = format ? FORMATS[format] : otherwise;
      if (!write) {
        throw new Error(`${all}: this format is not known here`);
      }
      return variable.isVerbatim ? variable.value : write({ name, ...variable });
    });
  }

  inQuery(text) {
    return this.replaced(text, inQuery);
  }

  inText(text) {
    return this.replaced(text, FORMATS.text);
  }
}

// What is asked of Prometheus for the values of a variable: {path, parameters, valuesOf(answer)}.
export function parseVariableQuery(query) {
  const text = (typeof query === 'string' ? query : query?.query ?? '').trim();
  const labels = /^label_values\((?:(.*),)?\s*([a-zA-Z_]\w*)\s*\)$/s.exec(text);
  if (labels) {
    const selector = labels[1]?.trim();
    return { path: `label/${labels[2]}/values`, parameters: selector ? { 'match[]': selector } : {}, valuesOf: (data) => data };
  }
  const result = /^query_result\((.*)\)$/s.exec(text);
  if (result) {
    return { path: 'query', parameters: { query: result[1] }, valuesOf: (data) => data.result.map(seriesInWords) };
  }
  throw new Error(`"${text}": neither label_values(…) nor query_result(…)`);
}

function seriesInWords({ metric, value }) {
  const labels = Object.entries(metric).filter(([label]) => label !== '__name__').map(([label, word]) => `${label}="${word}"`);
  return `${metric.__name__ ?? ''}{${labels.join(',')}} ${value[1]} ${value[0] * 1000}`;
}

const byName = (a, b) => (a < b ? -1 : Number(a > b));
const byNumber = (a, b) => parseFloat(a) - parseFloat(b);
const caseless = (a, b) => byName(a.toLowerCase(), b.toLowerCase());
const natural = (a, b) => a.localeCompare(b, 'en', { numeric: true });
const ORDERS = [null, byName, byNumber, caseless, natural];

// The values as the variable's own expression and order leave them.
export function optionsOf(variable, values) {
  const expression = /^\/(.*)\/([a-z]*)$/s.exec(variable.regex ?? '');
  const part = (value) => {
    const found = new RegExp(expression[1], expression[2].replace('g', '')).exec(value);
    return found && (found.groups?.value ?? found[1] ?? found[0]);
  };
  const options = [...new Set(expression ? values.map(part).filter((one) => one !== null) : values)];
  const sort = variable.sort ?? 0;
  const order = ORDERS[Math.ceil(sort / 2)];
  options.sort(order ?? (() => 0));
  return order && sort % 2 === 0 ? options.reverse() : options;
}

// Which of its options a variable has: those that were asked for, else what the dashboard remembers, else all or the first.
export function chosen(variable, options, wanted) {
  const isList = Boolean(variable.multi || variable.includeAll);
  const all = () => (variable.allValue
    ? { value: variable.allValue, text: 'All', isVerbatim: true }
    : { value: options, text: 'All', isList });
  const remembered = listOf(variable.current?.value ?? []).filter((one) => one === '$__all' || options.includes(one));
  const values = wanted ?? remembered;
  if (values.includes('$__all') || (values.length === 0 && variable.includeAll)) {
    return all();
  }
  const value = values.length > 0 ? values : options.slice(0, 1);
  return { value: isList ? value : value[0], text: value.join(' + '), isList };
}
