// Whether mistakes in a dashboard are found: each is made on purpose in one that is right.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { makeJudge } from './complaints.mjs';

const judge = makeJudge();
const sample = fs.readFileSync(new URL('sample.json', import.meta.url), 'utf8');

function complaintsOf(mistake) {
  const dashboard = JSON.parse(sample);
  const titled = (title) => dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])])
    .find((panel) => panel.title === title);
  mistake(dashboard, titled);
  return judge.dashboard(dashboard);
}

test('a dashboard that is right is not complained of', () => {
  assert.deepEqual(complaintsOf(() => {}), []);
});

// What is done, and what the complaint has to say.
const mistakes = {
  'a number is a string': [(it) => { it.schemaVersion = '42'; }, /^\/schemaVersion: must be number$/],
  'there is no version of the schema': [(it) => { delete it.schemaVersion; }, /must have required property 'schemaVersion'/],
  'it is an export for other people': [(it) => { it.__inputs = []; }, /there is no "__inputs"/],
  'a key is misspelt': [(it) => { it.titel = it.title; }, /there is no "titel"/],
  'tags are one string': [(it) => { it.tags = 'sample'; }, /^\/tags: must be array/],
  'the cursor is shared in an unheard of way': [(it) => { it.graphTooltip = 7; }, /^\/graphTooltip: 7 is none of /],
  'a variable has a type that there is not': [(it) => { it.templating.list[1].type = 'label'; }, /templating\/list\/1\/type: "label" is none of/],
  'a variable is sorted in an unheard of way': [(it) => { it.templating.list[1].sort = 'asc'; }, /templating\/list\/1\/sort/],
  'a link has no icon': [(it) => { delete it.links[0].icon; }, /links\/0: must have required property 'icon'/],
  'a link leads to what there is not': [(it) => { it.links[0].type = 'dashboard'; }, /links\/0\/type: "dashboard" is none of/],
  'panels are an object': [(it) => { it.panels = {}; }, /^\/panels: must be array$/],
  'a panel is a string': [(it) => { it.panels[1] = 'Series'; }, /^panels\/1: must be object/],
  'a panel has no type': [(it) => { delete it.panels[1].type; }, /panels\/1 \(Series\): must have required property 'type'/],
  'a panel has a type that there is not': [(it) => { it.panels[1].type = 'singlestat'; }, /"singlestat" is not in/],
  'a panel has an unknown key': [(it) => { it.panels[1].fieldconfig = {}; }, /there is no "fieldconfig"/],
  'a panel stands beside no number': [(it) => { it.panels[1].gridPos.x = '0'; }, /gridPos\/x: must be number/],
  'a panel has no height': [(it) => { delete it.panels[1].gridPos.h; }, /gridPos: must have required property 'h'/],
  'a row has an unknown key': [(it) => { it.panels[0].options = {}; }, /panels\/0: there is no "options"/],
  'a row does not say whether it is closed': [(it) => { delete it.panels[0].collapsed; }, /required property 'collapsed'/],
  'a mistake is in a closed row': [(_, titled) => { titled('Descriptors').options.legend.placement = 'left'; },
    /panels\/0 \(Descriptors\)\/options\/legend\/placement: "left" is none of "bottom", "right"/],
  'a query has no letter': [(_, titled) => { delete titled('Series').targets[0].refId; }, /targets\/0: must have required property 'refId'/],
  'a query is asked under another name': [(_, titled) => { titled('Series').targets[0].query = 'up'; }, /there is no "query"/],
  'a query has a format that there is not': [(_, titled) => { titled('Targets').targets[0].format = 'tabular'; }, /"tabular" is none of/],
  'instant is a string': [(_, titled) => { titled('Up').targets[0].instant = 'true'; }, /instant: must be boolean/],
  'an option is misspelt (timeseries)': [(_, titled) => { titled('Processor').options.legends = {}; }, /options: there is no "legends"/],
  'an option is misspelt (stat)': [(_, titled) => { titled('Series').options.colourMode = 'value'; }, /there is no "colourMode"/],
  'an option is misspelt (gauge)': [(_, titled) => { titled('Chunks in the head').options.threshold = true; }, /there is no "threshold"/],
  'an option is misspelt (bargauge)': [(_, titled) => { titled('Memory by kind').options.display = 'lcd'; }, /there is no "display"/],
  'an option is misspelt (table)': [(_, titled) => { titled('Targets').options.header = true; }, /there is no "header"/],
  'an option is misspelt (state-timeline)': [(_, titled) => { titled('State').options.mergeValue = true; }, /there is no "mergeValue"/],
  'an option is misspelt (text)': [(_, titled) => { titled('How to read this').options.text = ''; }, /there is no "text"/],
  'an option has a value that there is not (stat)': [(_, titled) => { titled('Series').options.colorMode = 'backgrounds'; }, /colorMode/],
  'an option has a value that there is not (bargauge)': [(_, titled) => { titled('Memory by kind').options.displayMode = 'bar'; }, /displayMode/],
  'an option has a value that there is not (state-timeline)': [(_, titled) => { titled('State').options.showValue = 'yes'; }, /showValue/],
  'an option has a value that there is not (table)': [(_, titled) => { titled('Targets').options.cellHeight = 'small'; }, /cellHeight/],
  'an option has a value that there is not (text)': [(_, titled) => { titled('How to read this').options.mode = 'md'; }, /mode/],
  'a tooltip is half said': [(_, titled) => { delete titled('Processor').options.tooltip.sort; }, /required property 'sort'/],
  'a line has a style that there is not': [(_, titled) => { titled('Processor').fieldConfig.defaults.custom.gradientMode = 'fade'; },
    /custom\/gradientMode: "fade" is none of/],
  'a custom key is misspelt (timeseries)': [(_, titled) => { titled('Processor').fieldConfig.defaults.custom.linewidth = 2; }, /there is no "linewidth"/],
  'a custom key is of another panel (state-timeline)': [(_, titled) => { titled('State').fieldConfig.defaults.custom.drawStyle = 'line'; },
    /there is no "drawStyle"/],
  'a custom key is where there are none (stat)': [(_, titled) => { titled('Series').fieldConfig.defaults.custom = { lineWidth: 1 }; },
    /there is no "lineWidth"/],
  'the defaults have an unknown key': [(_, titled) => { titled('Series').fieldConfig.defaults.units = 's'; }, /there is no "units"/],
  'thresholds are of an unknown kind': [(_, titled) => { titled('Series').fieldConfig.defaults.thresholds.mode = 'relative'; }, /thresholds\/mode/],
  'a threshold is a string': [(_, titled) => { titled('Series').fieldConfig.defaults.thresholds.steps[1].value = '5'; }, /thresholds\/steps\/1\/value/],
  'a colour is chosen in an unheard of way': [(_, titled) => { titled('Series').fieldConfig.defaults.color.mode = 'threshold'; }, /color\/mode/],
  'a mapping is of an unknown kind': [(_, titled) => { titled('State').fieldConfig.defaults.mappings[0].type = 'values'; }, /mappings\/0/],
  'an override sets what there is not': [(_, titled) => { titled('Targets').fieldConfig.overrides[0].properties[0].id = 'mapping'; },
    /overrides\/0\/mapping: there is no "mapping"/],
  'an override sets a custom key that there is not': [(_, titled) => { titled('Requests').fieldConfig.overrides[0].properties[1].id = 'custom.fill'; },
    /overrides\/0\/custom.fill: there is no "fill"/],
  'an override sets a wrong value': [(_, titled) => { titled('Targets').fieldConfig.overrides[0].properties[1].value.type = 'colour'; },
    /overrides\/0\/custom.cellOptions\/cellOptions/],
  'an override matches nothing': [(_, titled) => { delete titled('Targets').fieldConfig.overrides[0].matcher; }, /required property 'matcher'/],
  'a link of a value has no address': [(_, titled) => { delete titled('Targets').fieldConfig.overrides[3].properties[0].value[0].url; },
    /overrides\/3\/links\/links\/0: must have required property 'url'/],
  'a transformation is not known': [(_, titled) => { titled('Targets').transformations[0].id = 'merged'; }, /"merged" is not in/],
  'a transformation has an unknown option': [(_, titled) => { titled('Targets').transformations[1].options.rename = {}; }, /there is no "rename"/],
  'a transformation orders by words': [(_, titled) => { titled('Targets').transformations[1].options.indexByName.job = 'first'; },
    /indexByName\/job: must be number/],
  'a unit is not known': [(_, titled) => { titled('Series').fieldConfig.defaults.unit = 'octets'; }, /there is no unit "octets"/],
  'a unit in an override is not known': [(_, titled) => { titled('Targets').fieldConfig.overrides[1].properties[0].value = 'sec'; },
    /overrides\/1\/unit: there is no unit "sec"/],
  'a colour is not known': [(_, titled) => { titled('Series').fieldConfig.defaults.thresholds.steps[0].color = 'grün'; }, /there is no color "grün"/],
  'a colour of a mapping is not known': [(_, titled) => { titled('State').fieldConfig.defaults.mappings[0].options[0].color = 'rot'; },
    /there is no color "rot"/],
  'a reducer is not known': [(_, titled) => { titled('Series').options.reduceOptions.calcs = ['latest']; }, /there is no reducer "latest"/],
  'a reducer of a legend is not known': [(_, titled) => { titled('Processor').options.legend.calcs = ['avg']; }, /there is no reducer "avg"/],
  'a matcher is not known': [(_, titled) => { titled('Targets').fieldConfig.overrides[0].matcher.id = 'byname'; }, /there is no matcher "byname"/],
};

for (const [what, [mistake, expected]] of Object.entries(mistakes)) {
  test(`it is found that ${what}`, () => {
    const complaints = complaintsOf(mistake);
    assert.ok(complaints.some((complaint) => expected.test(complaint)), `among the complaints:\n${complaints.join('\n')}`);
  });
}

test('an annotation may have a query of Prometheus, in the new place or in the old', () => {
  const annotation = { datasource: { type: 'prometheus', uid: '${datasource}' }, enable: true, iconColor: 'red', name: 'Restarts' };
  const withOne = (more) => complaintsOf((it) => { it.annotations.list = [{ ...annotation, ...more }]; });
  assert.deepEqual(withOne({ expr: 'up', titleFormat: '{{instance}}', step: '1m' }), []);
  assert.deepEqual(withOne({ target: { refId: 'Anno', expr: 'up' }, textFormat: '' }), []);
  assert.match(withOne({ query: 'up' }).join(), /annotations\/list\/0: there is no "query"/);
  assert.match(withOne({ target: { refId: 'Anno', query: 'up' } }).join(), /annotations\/list\/0\/target/);
});

test('a unit of one\'s own and a colour by number are fine', () => {
  assert.deepEqual(complaintsOf((_, titled) => {
    const { defaults } = titled('Series').fieldConfig;
    defaults.unit = 'suffix: an hour';
    defaults.thresholds.steps[0].color = '#1f60c4';
  }), []);
});
