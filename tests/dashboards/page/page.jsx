// A dashboard as a page. draw.mjs leaves the task in window.task, answers window.ask, and waits for window.drawn.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { createTheme } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { GlobalStyles, PanelChrome, PanelContextProvider, ThemeContext } from '@grafana/ui';
import 'uplot/dist/uPlot.min.css';
import { readPanel, readVariables, timeRangeOf, tryAnnotations } from './data.js';
import { gridOf, headingOf } from './grid.jsx';
import { PLOTTED, UNPADDED, VISUALS } from './panels.jsx';

const { dashboard, look, now, width, wanted, scrapeInterval } = window.task;
const theme = createTheme({ colors: { mode: look } });
const timeZone = 'utc';
const problems = [];
const summary = [];

async function ask(path, parameters) {
  const answer = await window.ask(path, parameters);
  if (answer.status !== 'success') {
    throw new Error(answer.error);
  }
  return answer.data;
}

class Guarded extends React.Component {
  state = { error: null };

  static getDerivedStateFromError(error) {
    return { error };
  }

  componentDidCatch(error) {
    problems.push({ panel: this.props.title, query: '', what: `cannot be drawn: ${error.message}` });
  }

  render() {
    return this.state.error ? <pre>{String(this.state.error)}</pre> : this.props.children;
  }
}

const NoData = ({ width: w, height: h }) => (
  <div style={{ width: w, height: h, display: 'flex', alignItems: 'center', justifyContent: 'center', color: theme.colors.text.secondary }}>No data</div>
);

function Panel({ panel, place, data, context }) {
  const Visual = data.isEmpty && panel.type !== 'text' ? NoData : VISUALS[panel.type];
  const title = context.replaceVariables(panel.title ?? '');
  return (
    <div data-panel={panel.id} style={{ position: 'absolute', ...place }}>
      <PanelChrome title={title} description={panel.description} width={place.width} height={place.height}
        padding={UNPADDED.has(panel.type) ? 'none' : 'md'} displayMode={panel.transparent ? 'transparent' : 'default'}>
        {(innerWidth, innerHeight) => (
          <Guarded title={panel.title}>
            <Visual {...data} context={context} width={innerWidth} height={innerHeight} />
          </Guarded>
        )}
      </PanelChrome>
    </div>
  );
}

async function fill(cell, surroundings) {
  const { panel, place } = cell;
  if (!VISUALS[panel.type] || panel.repeat || panel.libraryPanel) {
    throw new Error(`${panel.title}: cannot draw a ${panel.type}${panel.repeat ? ' that is repeated' : ''}`);
  }
  const complain = (query, what) => problems.push({ panel: panel.title, query, what });
  const data = await readPanel(panel, { ...surroundings, width: place.width }, complain);
  summary.push({ id: panel.id, title: panel.title, type: panel.type, series: data.series, isEmpty: data.isEmpty });
  return { ...cell, data };
}

async function main() {
  await initPluginTranslations('systemcheck');
  const range = timeRangeOf(dashboard, now);
  const complain = (what) => problems.push({ panel: '', query: '', what });
  const variables = await readVariables(dashboard, { ask, range, wanted, complain });
  const replaceVariables = (text, scoped) => variables.with(scoped ?? {}).inText(text);
  const context = { range, theme, timeZone, replaceVariables };
  await tryAnnotations(dashboard, { ask, range, variables, width, scrapeInterval }, complain);
  const grid = gridOf(dashboard.panels, width - 2 * theme.spacing.gridSize * 2);
  const cells = [];
  for (const cell of grid.cells) {
    cells.push(await fill(cell, { ...context, ask, variables, scrapeInterval }));
  }
  const root = createRoot(document.getElementById('root'));
  await loadFonts(root);
  root.render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PanelContextProvider value={{ eventsScope: 'global', eventBus: silentBus, sync: () => 0, onToggleSeriesVisibility: () => {} }}>
        <div style={{ background: theme.colors.background.canvas, padding: 16 }}>
          {headingOf(dashboard, variables, theme)}
          <div style={{ position: 'relative', height: grid.height }}>
            {grid.rows.map(({ row, top }) => <RowTitle key={row.id} title={replaceVariables(row.title)} top={top} />)}
            {cells.map(({ panel, place, data }) => <Panel key={panel.id} {...{ panel, place, data, context }} />)}
          </div>
        </div>
      </PanelContextProvider>
    </ThemeContext.Provider>);
}

// What is drawn on a canvas stays as it is, in whichever font was there.
async function loadFonts(root) {
  root.render(<ThemeContext.Provider value={theme}><GlobalStyles /></ThemeContext.Provider>);
  const ours = () => [...document.fonts].filter(({ family }) => /Inter|Roboto/.test(family));
  while (ours().length === 0) {
    await new Promise(requestAnimationFrame);
  }
  await Promise.all(ours().map((font) => font.load()));
}

function RowTitle({ title, top }) {
  return <div style={{ position: 'absolute', top, height: 30, lineHeight: '30px', fontSize: 18, color: theme.colors.text.primary }}>
    <span style={{ color: theme.colors.text.secondary, paddingRight: 8 }}>⌄</span>{title}</div>;
}

const silentBus = { publish: () => {}, getStream: () => ({ subscribe: () => ({ unsubscribe: () => {} }), pipe: () => silentBus.getStream() }),
  subscribe: () => ({ unsubscribe: () => {} }), removeAllListeners: () => {}, newScopedBus: () => silentBus };

const elementOf = ({ id }) => document.querySelector(`[data-panel="${id}"]`);

// A reader has to scroll to see all columns of a table, or the end of a text: seldom what was meant.
function hiddenIn(panel) {
  const grid = elementOf(panel)?.querySelector('[role=grid]');
  const text = elementOf(panel)?.querySelector('.markdown-html');
  return [
    ...(grid && grid.scrollWidth > grid.clientWidth + 1 ? [`its columns are ${grid.scrollWidth} pixels wide, it is ${grid.clientWidth}`] : []),
    ...(text && text.scrollHeight > text.clientHeight + 1 ? [`its text is ${text.scrollHeight} pixels high, it is ${text.clientHeight}`] : []),
  ].map((what) => ({ panel: panel.title, query: '', what }));
}

// Axes and words are nearly grey, what is drawn of the data is not. Of what is nearly transparent the colour is a guess.
const GREY = 50;
const OPAQUE = 20;

function isColored(canvas) {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, opacity] = data.subarray(at, at + 4);
    if (opacity > OPAQUE && Math.max(red, green, blue) - Math.min(red, green, blue) > GREY) {
      return true;
    }
  }
  return false;
}

// Values that are all outside what the axis shows, among others.
function blankIn(panel) {
  const canvases = [...elementOf(panel)?.querySelectorAll('canvas') ?? []];
  return PLOTTED.has(panel.type) && !panel.isEmpty && !canvases.some(isColored)
    ? [{ panel: panel.title, query: '', what: 'there is data, but none of it is seen' }] : [];
}

// What was drawn in words, for those who do not look at pictures.
window.told = () => ({
  problems: [...problems, ...summary.flatMap(blankIn)],
  notes: summary.flatMap(hiddenIn),
  panels: summary.map((panel) => ({ ...panel, text: elementOf(panel)?.innerText.split('\n').filter(Boolean) ?? [] })),
});
main().catch((error) => problems.push({ panel: '', query: '', what: error.message })).finally(() => { window.drawn = true; });
