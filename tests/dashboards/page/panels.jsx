// Each type of panel, by the component that Grafana draws it with, as far as that is published.
import React from 'react';
import { getDisplayProcessor, getDisplayValueAlignmentFactors, getFieldDisplayValues, renderMarkdown } from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { LEGEND, OPTIONS, REDUCTION } from './fields.js';
import { Timeline } from './timeline.jsx';

function displayValues({ frames, fieldConfig, options, context, sparkline }) {
  return getFieldDisplayValues({
    fieldConfig, data: frames, sparkline, reduceOptions: { ...REDUCTION, ...options.reduceOptions },
    replaceVariables: context.replaceVariables, theme: context.theme, timeZone: context.timeZone,
  });
}

function Repeated({ values, options, width, height, spacing, renderValue, ...rest }) {
  return (
    <VizRepeater getValues={() => values} getAlignmentFactors={getDisplayValueAlignmentFactors} renderValue={renderValue}
      source={values} renderCounter={0} width={width} height={height} orientation={options.orientation} itemSpacing={spacing} {...rest} />
  );
}

function Stat({ width, height, ...panel }) {
  const { options, fieldConfig, context } = panel;
  const values = displayValues({ ...panel, sparkline: options.graphMode !== 'none' });
  const textMode = options.textMode === 'auto' && fieldConfig.defaults.displayName ? 'value_and_name' : options.textMode;
  const renderValue = ({ value, width: w, height: h, count, alignmentFactors }) => (
    <BigValue value={value.display} count={count} width={w} height={h} theme={context.theme} alignmentFactors={alignmentFactors}
      sparkline={value.sparkline && { ...value.sparkline, timeRange: context.range }} colorMode={options.colorMode}
      graphMode={options.graphMode} justifyMode={options.justifyMode} textMode={textMode} text={options.text}
      wideLayout={options.wideLayout} percentChangeColorMode={options.percentChangeColorMode} />
  );
  return <Repeated values={values} options={options} width={width} height={height} spacing={3} autoGrid renderValue={renderValue} />;
}

function Bars({ width, height, ...panel }) {
  const { options, context } = panel;
  const values = displayValues({ ...panel, sparkline: false });
  const renderValue = ({ value, width: w, height: h, orientation, count, alignmentFactors }) => (
    <BarGauge value={count === 1 && !value.field.displayName ? { ...value.display, title: undefined } : value.display}
      display={value.view?.getFieldDisplayProcessor(value.colIndex) ?? getDisplayProcessor({ theme: context.theme })}
      field={value.field} width={w} height={h} theme={context.theme} orientation={orientation} itemSpacing={10} lcdCellWidth={12}
      displayMode={options.displayMode} text={options.text} alignmentFactors={alignmentFactors} showUnfilled={options.showUnfilled}
      valueDisplayMode={options.valueMode} namePlacement={options.namePlacement} />
  );
  const sizes = options.sizing === 'manual'
    ? { minVizWidth: options.minVizWidth, minVizHeight: options.minVizHeight, maxVizHeight: options.maxVizHeight }
    : { minVizWidth: 8, minVizHeight: 16, maxVizHeight: 300 };
  return <Repeated values={values} options={options} width={width} height={height} spacing={options.displayMode === 'lcd' ? 2 : 10}
    {...sizes} renderValue={renderValue} />;
}

// Grafana's own gauge is in no package.
function Gauge(panel) {
  return <Bars {...panel} options={{ ...OPTIONS.bargauge, ...panel.options, displayMode: 'gradient', orientation: 'horizontal' }} />;
}

function Table({ frames, options, fieldConfig, context, width, height }) {
  return (
    <TableNG data={frames[options.frameIndex] ?? frames[0]} width={width} height={height} noHeader={!options.showHeader}
      showTypeIcons={options.showTypeIcons} sortBy={options.sortBy} cellHeight={options.cellHeight} maxRowHeight={options.maxRowHeight}
      enablePagination={options.enablePagination} frozenColumns={options.frozenColumns?.left} fieldConfig={fieldConfig}
      timeRange={context.range} structureRev={1} getActions={() => []} resizable={false} />
  );
}

function Lines({ frames, options, context, width, height }) {
  return <TimeSeries frames={frames} width={width} height={height} timeRange={context.range} timeZone={context.timeZone}
    legend={{ ...LEGEND, ...options.legend }} options={options} />;
}

function States({ frames, options, context, width, height }) {
  return <Timeline frames={frames} range={context.range} width={width} height={height} options={options}
    legend={{ ...LEGEND, ...options.legend }} theme={context.theme} timeZone={context.timeZone} />;
}

function Text({ options, context, width, height }) {
  const content = context.replaceVariables(options.content);
  const html = options.mode === 'markdown' ? renderMarkdown(content) : content;
  return options.mode === 'code'
    ? <pre style={{ width, height }}>{content}</pre>
    : <div className="markdown-html" style={{ width, height, overflow: 'hidden' }} dangerouslySetInnerHTML={{ __html: html }} />;
}

export const VISUALS = {
  bargauge: Bars, gauge: Gauge, stat: Stat, 'state-timeline': States, table: Table, text: Text, timeseries: Lines,
};
export const UNPADDED = new Set(['stat', 'table']);
export const PLOTTED = new Set(['state-timeline', 'timeseries']);
