// What stands for Grafana where none of its packages does: variables, and the rows of a state timeline.
import assert from 'node:assert/strict';
import test from 'node:test';
import { statesOf } from './page/states.js';
import { chosen, optionsOf, parseVariableQuery, Variables } from './page/variables.js';

const one = { value: "it's", isList: false };
const some = { value: ['web1:80', 'a|b'], text: 'All', isList: true };
const values = new Variables({ one, some }).with({ __interval: '30s' });

test('a variable is written in four ways, and what is none is left alone', () => {
  assert.equal(values.inText('$one ${one} [[one]] ${one:raw}'), "it's it's it's it's");
  assert.equal(values.inText('$other ${__data.fields.Name} $1 costs $'), '$other ${__data.fields.Name} $1 costs $');
});

test('in a query several values are an expression that matches just them', () => {
  assert.equal(values.inQuery('up{a="$one", b=~"$some"}[$__interval]'), 'up{a="it\\\'s", b=~"(web1:80|a\\\\|b)"}[30s]');
  assert.equal(new Variables({ some: { value: ['1.2'], isList: true } }).inQuery('$some'), '1\\\\.2');
});

test('a format decides how a value is written', () => {
  assert.equal(values.inText('${some}'), 'All');
  assert.equal(values.inText('${some:csv} ${some:pipe}'), 'web1:80,a|b web1:80|a|b');
  assert.equal(values.inText('${some:regex}'), 'web1:80|a\\|b');
  assert.equal(values.inText('/d/x?${some:queryparam}'), '/d/x?var-some=web1%3A80&var-some=a%7Cb');
  assert.throws(() => values.inText('${some:sqlstring}'), /this format is not known/);
});

test('the values of a variable are those of a label, or what a query finds', () => {
  assert.deepEqual({ ...parseVariableQuery('label_values(service)'), valuesOf: 0 }, { path: 'label/service/values', parameters: {}, valuesOf: 0 });
  const { path, parameters } = parseVariableQuery({ query: 'label_values(up{a="b,c", d=~"$x"}, instance)', refId: 'A' });
  assert.deepEqual([path, parameters], ['label/instance/values', { 'match[]': 'up{a="b,c", d=~"$x"}' }]);
  const result = parseVariableQuery('query_result(up)');
  assert.deepEqual(result.valuesOf({ result: [{ metric: { __name__: 'up', a: 'b' }, value: [1.5, '1'] }] }), ['up{a="b"} 1 1500']);
  assert.throws(() => parseVariableQuery('metrics(up)'), /neither label_values/);
});

test('options are cut out by an expression and put in order', () => {
  const found = ['b:10', 'b:9', 'a:1', 'c'];
  assert.deepEqual(optionsOf({}, found), found);
  assert.deepEqual(optionsOf({ regex: '/(.*):/', sort: 1 }, found), ['a', 'b']);
  assert.deepEqual(optionsOf({ regex: '/(?<text>.*):(?<value>.*)/', sort: 3 }, found), ['1', '9', '10']);
  assert.deepEqual(optionsOf({ sort: 2 }, ['a', 'c', 'b']), ['c', 'b', 'a']);
  assert.deepEqual(optionsOf({ sort: 8 }, ['w2', 'w10', 'w1']), ['w10', 'w2', 'w1']);
});

test('a variable has what was asked for, what is remembered, all, or the first', () => {
  const options = ['a', 'b'];
  assert.equal(chosen({}, options, undefined).value, 'a');
  assert.equal(chosen({}, options, ['b']).value, 'b');
  assert.equal(chosen({ current: { value: 'b' } }, options, undefined).value, 'b');
  assert.equal(chosen({ current: { value: 'gone' } }, options, undefined).value, 'a');
  assert.deepEqual(chosen({ includeAll: true }, options, undefined), { value: options, text: 'All', isList: true });
  assert.deepEqual(chosen({ multi: true, current: { value: ['b'] } }, options, undefined).value, ['b']);
  assert.deepEqual(new Variables({ x: chosen({ includeAll: true, allValue: '.*' }, options, ['$__all']) }).inQuery('$x'), '.*');
});

test('a state lasts until the next one, equal ones are one, and a gap is seen', () => {
  const settings = { until: 100, stepMs: 10, mergeValues: true };
  assert.deepEqual(statesOf([0, 10, 20], [1, 1, 0], { ...settings, until: 30 }),
    [{ from: 0, to: 20, value: 1 }, { from: 20, to: 30, value: 0 }]);
  assert.deepEqual(statesOf([0, 50], [1, 1], { ...settings, until: 60 }), [{ from: 0, to: 10, value: 1 }, { from: 50, to: 60, value: 1 }]);
  assert.equal(statesOf([0, 10], [1, 1], { ...settings, until: 20, mergeValues: false }).length, 2);
  assert.deepEqual(statesOf([0], [1], settings), [{ from: 0, to: 10, value: 1 }]);
});
