// Where panels are, and what stands above them: the frame around Grafana's components, which is not Grafana's.
import React from 'react';

// As in Grafana.
const COLUMNS = 24;
const CELL_HEIGHT = 30;
const MARGIN = 8;

function placeOf({ x, y, w, h }, width, down) {
  const column = (width - MARGIN * (COLUMNS - 1)) / COLUMNS;
  return { left: x * (column + MARGIN), top: (y + down) * (CELL_HEIGHT + MARGIN),
    width: Math.floor(w * column + (w - 1) * MARGIN), height: h * CELL_HEIGHT + (h - 1) * MARGIN };
}

// {cells: [{panel, place}], rows: [{row, top}], height}. Closed rows are drawn open, so that all is seen.
export function gridOf(panels, width) {
  const cells = [];
  const rows = [];
  let down = 0;
  for (const panel of panels) {
    if (panel.type !== 'row') {
      cells.push({ panel, place: placeOf(panel.gridPos, width, down) });
      continue;
    }
    rows.push({ row: panel, top: placeOf(panel.gridPos, width, down).top });
    const inside = panel.collapsed ? panel.panels : [];
    if (inside.length > 0) {
      const first = Math.min(...inside.map(({ gridPos }) => gridPos.y));
      const last = Math.max(...inside.map(({ gridPos }) => gridPos.y + gridPos.h));
      const shift = down + panel.gridPos.y + 1 - first;
      cells.push(...inside.map((one) => ({ panel: one, place: placeOf(one.gridPos, width, shift) })));
      down += last - first;
    }
  }
  const bottoms = [...cells.map(({ place }) => place.top + place.height), ...rows.map(({ top }) => top + CELL_HEIGHT)];
  return { cells, rows, height: Math.max(0, ...bottoms) };
}

export function headingOf(dashboard, variables, theme) {
  const shown = (dashboard.templating?.list ?? []).filter(({ hide }) => !hide || hide === 1);
  const box = { border: `1px solid ${theme.colors.border.medium}`, borderRadius: 2, padding: '4px 8px', marginRight: 8, fontSize: 12 };
  return (
    <div style={{ color: theme.colors.text.primary, paddingBottom: 12 }}>
      <div style={{ fontSize: 18, paddingBottom: 8 }}>{dashboard.title}</div>
      <div style={{ display: 'flex' }}>
        {shown.map(({ name, label }) => (
          <div key={name} style={box}>
            <span style={{ color: theme.colors.text.secondary }}>{label || name}</span> {variables.inText(`\${${name}:text}`)}
          </div>
        ))}
        <div style={{ flexGrow: 1 }} />
        {(dashboard.links ?? []).map(({ title }) => <div key={title} style={box}>{title}</div>)}
        <div style={box}>{dashboard.time?.from} – {dashboard.time?.to}, UTC</div>
      </div>
    </div>
  );
}
