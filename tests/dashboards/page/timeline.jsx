// A state timeline. Grafana's own is in no package: axes, scales and plot are its, rows and boxes are drawn here.
import React from 'react';
import { formattedValueToString, getFieldDisplayName, FieldType } from '@grafana/data';
import { UPlotChart, UPlotConfigBuilder, VizLegend, VizLayout } from '@grafana/ui';
import tinycolor from 'tinycolor2';
import { statesOf } from './states.js';

const PADDING = 4;

function rowsOf(frames, range, mergeValues) {
  return frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === FieldType.time);
    return frame.fields.filter((field) => field.type !== FieldType.time).map((field) => ({
      name: getFieldDisplayName(field, frame, frames),
      field,
      states: statesOf(time.values, field.values, { until: range.to.valueOf(), stepMs: time.config.interval, mergeValues }),
    }));
  });
}

function drawBox(plot, { left, right, top, height }, display, custom, theme) {
  const { ctx } = plot;
  ctx.fillStyle = tinycolor(display.color).setAlpha(custom.fillOpacity / 100).toRgbString();
  ctx.fillRect(left, top, right - left, height);
  if (custom.lineWidth > 0) {
    ctx.strokeStyle = display.color;
    ctx.lineWidth = custom.lineWidth * devicePixelRatio;
    ctx.strokeRect(left, top, right - left, height);
  }
  return theme.colors.getContrastText(tinycolor.mix(theme.colors.background.primary, display.color, custom.fillOpacity).toHexString());
}

function drawWords(plot, box, text, color, { showValue, alignValue }) {
  const { ctx } = plot;
  const room = box.right - box.left - 2 * PADDING * devicePixelRatio;
  if (showValue === 'never' || (showValue === 'auto' && ctx.measureText(text).width > room)) {
    return;
  }
  const place = { left: box.left + PADDING * devicePixelRatio, center: (box.left + box.right) / 2, right: box.right - PADDING * devicePixelRatio };
  ctx.fillStyle = color;
  ctx.textAlign = alignValue;
  ctx.textBaseline = 'middle';
  ctx.fillText(text, place[alignValue], box.top + box.height / 2);
}

function drawRows(plot, rows, options, theme) {
  const { ctx, bbox } = plot;
  const rowHeight = bbox.height / rows.length;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${12 * devicePixelRatio}px ${theme.typography.fontFamily}`;
  rows.forEach(({ field, states }, row) => {
    for (const { from, to, value } of states.filter((state) => state.value !== null)) {
      const height = rowHeight * options.rowHeight;
      const box = { left: Math.max(bbox.left, plot.valToPos(from, 'x', true)), right: plot.valToPos(to, 'x', true),
        top: bbox.top + row * rowHeight + (rowHeight - height) / 2, height };
      const display = field.display(value);
      const color = drawBox(plot, box, display, field.config.custom, theme);
      drawWords(plot, box, formattedValueToString(display), color, options);
    }
  });
  ctx.restore();
}

function plotConfig(rows, range, options, theme, timeZone) {
  const builder = new UPlotConfigBuilder(timeZone);
  builder.setPrepData(() => [[range.from.valueOf(), range.to.valueOf()], ...rows.map(() => [0, 0])]);
  builder.addScale({ scaleKey: 'x', isTime: true, orientation: 0, direction: 1, range: () => [range.from.valueOf(), range.to.valueOf()] });
  builder.addScale({ scaleKey: 'y', orientation: 1, direction: -1, range: [0, rows.length] });
  builder.addAxis({ scaleKey: 'x', isTime: true, placement: 'bottom', timeZone, theme, grid: { show: true } });
  builder.addAxis({ scaleKey: 'y', placement: 'left', theme, grid: { show: false }, ticks: { show: false },
    splits: () => rows.map((_, row) => row + 0.5), values: () => rows.map(({ name }) => name) });
  for (const row of rows) {
    builder.addSeries({ scaleKey: 'y', theme, pathBuilder: () => null, pointsBuilder: () => false, show: true, fieldIndex: undefined,
      facets: undefined, lineWidth: 0, lineColor: 'transparent', name: row.name });
  }
  builder.addHook('draw', (plot) => drawRows(plot, rows, options, theme));
  return builder;
}

// One for each value that is there, in the words and the colour that it has.
function legendItems(rows) {
  const items = new Map();
  for (const { field, states } of rows) {
    for (const { value } of states.filter((state) => state.value !== null)) {
      const display = field.display(value);
      items.set(formattedValueToString(display), { label: formattedValueToString(display), color: display.color, yAxis: 1 });
    }
  }
  return [...items.values()];
}

export function Timeline({ frames, range, width, height, options, legend, theme, timeZone }) {
  const rows = React.useMemo(() => rowsOf(frames, range, options.mergeValues), [frames]);
  const config = React.useMemo(() => plotConfig(rows, range, options, theme, timeZone), [rows]);
  const shown = legend.showLegend
    ? <VizLayout.Legend placement={legend.placement}><VizLegend placement={legend.placement} displayMode={legend.displayMode} items={legendItems(rows)} /></VizLayout.Legend>
    : null;
  return (
    <VizLayout width={width} height={height} legend={shown}>
      {(plotWidth, plotHeight) =>
        <UPlotChart config={config} data={config.prepData([])} width={plotWidth} height={plotHeight} />}
    </VizLayout>
  );
}
