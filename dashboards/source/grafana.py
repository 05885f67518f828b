"""Dashboards of Grafana 10 or later, as one writes them: rows of panels, each with a title, a sentence and its questions.

A panel is made by its kind (times, stat, table, states, bars, text) and takes its place in a row by its width.
https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

import json

COLUMNS = 24  # of Grafana's grid
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
TAG = "systemcheck"

GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"
BLUE, PURPLE, GREY = "blue", "purple", "#808080"


# --- questions ---------------------------------------------------------------------------------


def ask(expression, legend="__auto", once=False):
    """A question in PromQL; `once`: of now, as a table, not over time."""
    question = {"datasource": SOURCE, "editorMode": "code", "expr": tidy(expression), "legendFormat": legend}
    return {**question, **({"format": "table", "instant": True, "range": False} if once else {"range": True})}


def tidy(expression):
    """The expression without the indentation of the source."""
    lines = expression.strip("\n").split("\n")
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[indent:].rstrip() for line in lines).strip()


def numbered(metric, label, words, selector, by):
    """Which of the words holds, as its place among them: one series for each `by`."""
    cases = [f'{metric}{{{selector},{label}="{word}"}} == 1' for word in words]
    terms = "\n  or ".join(f"({case}) * 0 + {place}" for place, case in enumerate(cases))
    return f"max by ({by}) (\n  {terms}\n)"


# --- what a value means ----------------------------------------------------------------------------


def words(colours):
    """Mapping of a number to a word and its colour, in order: {"up": GREEN, …}."""
    options = {str(place): {"text": word, "color": colour, "index": place} for place, (word, colour) in enumerate(colours.items())}
    return [{"type": "value", "options": options}]


def steps(first, *others):
    """A colour, and those that begin at a value: steps(GREEN, (0.8, ORANGE))."""
    return {"mode": "absolute", "steps": [{"color": first, "value": None}, *({"color": c, "value": v} for v, c in others)]}


YES_IS_GOOD = words({"no": RED, "yes": GREEN})
YES_IS_BAD = words({"no": GREEN, "yes": RED})
YES_IS_NEWS = words({"no": GREEN, "yes": YELLOW})


def override(name, **properties):
    """Of the series or column with that name, or with names that match /…/. In `properties` "__" stands for a dot."""
    matcher = "byRegexp" if name.startswith("/") else "byName"
    values = [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": matcher, "options": name}, "properties": values}


def coloured(name, colour):
    return override(name, color={"mode": "fixed", "fixedColor": colour})


def threshold_line(name, colour):
    """A series that is a limit: dashed, and nothing beneath it."""
    return override(
        name,
        color={"mode": "fixed", "fixedColor": colour},
        custom__lineStyle={"fill": "dash", "dash": [8, 8]},
        custom__fillOpacity=0,
        custom__stacking={"mode": "none", "group": "A"},
    )


# --- panels ------------------------------------------------------------------------------------------


def panel(kind, title, description, questions, width, defaults, options, overrides=(), changes=(), links=()):
    targets = [{**question, "refId": chr(ord("A") + place)} for place, question in enumerate(questions)]
    made = {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": SOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": {**defaults, **({"links": list(links)} if links else {})}, "overrides": list(overrides)},
        "options": options,
        "width": width,
    }
    return {**made, "transformations": list(changes)} if changes else made


def times(title, description, *questions, unit="short", width=8, stacked=False, bars=False, overrides=(), low=0, high=None, decimals=None):
    """Lines over time, or bars for what is counted in intervals."""
    custom = {
        "drawStyle": "bars" if bars else "line",
        "lineWidth": 1,
        "fillOpacity": 60 if bars else 25 if stacked else 8,
        "showPoints": "never",
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "off"},
    }
    if unit == "percentunit" and high is None:
        custom["axisSoftMax"] = 0.05  # A line at zero is not to look like one of ten thousand percent.
    defaults = {"unit": unit, "color": {"mode": "palette-classic"}, "custom": custom}
    defaults |= {} if low is None else {"min": low}
    defaults |= {} if high is None else {"max": high}
    defaults |= {} if decimals is None else {"decimals": decimals}
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel("timeseries", title, description, questions, width, defaults, options, overrides)


def stat(title, description, *questions, unit="short", width=3, meaning=None, colours=None, decimals=None, links=(), graph=False, name=False):
    """The newest value, large; `name`: with that of its series."""
    defaults = {"unit": unit, "color": {"mode": "thresholds"}, "mappings": meaning or [], "thresholds": colours or steps(GREEN)}
    defaults |= {} if decimals is None else {"decimals": decimals}
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "auto",
        "textMode": "value_and_name" if name else "value",
        "colorMode": "value",
        "graphMode": "area" if graph else "none",
        "justifyMode": "center",
    }
    return panel("stat", title, description, questions, width, defaults, options, links=links)


def bars(title, description, *questions, unit="percentunit", width=8, colours=None, high=1):
    """The newest values as bars beside each other."""
    defaults = {"unit": unit, "min": 0, "color": {"mode": "thresholds"}, "thresholds": colours or steps(GREEN)}
    defaults |= {} if high is None else {"max": high}
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "horizontal",
        "displayMode": "basic",
        "valueMode": "color",
        "showUnfilled": True,
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 40,
    }
    return panel("bargauge", title, description, questions, width, defaults, options)


def states(title, description, *questions, colours, width=24):
    """A band for each series, whose colour says in which of the states it was when."""
    custom = {"fillOpacity": 80, "lineWidth": 0}
    defaults = {"color": {"mode": "thresholds"}, "custom": custom, "mappings": words(colours), "thresholds": steps(GREY)}
    options = {
        "mergeValues": True,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.85,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel("state-timeline", title, description, questions, width, defaults, options)


class Column:
    """One of a table: its question's value, named; without a question a label of it, named. `hidden`: only to sort by."""

    def __init__(self, name, expression=None, label=None, hidden=False, **properties):
        self.name, self.expression, self.label, self.hidden, self.properties = name, expression, label, hidden, properties


def fields_of(columns):
    """What Grafana calls the field of each column before it has its name."""
    asked = [column for column in columns if column.expression]
    value = {column: "Value" if len(asked) == 1 else f"Value #{chr(ord('A') + place)}" for place, column in enumerate(asked)}
    return {column: column.label or value[column] for column in columns}


def table(title, description, *columns, width=24, sort=None):
    """A row for each set of labels that the questions have in common. `sort`: a column, "-column" for the largest first."""
    questions = [ask(column.expression, "", once=True) for column in columns if column.expression]
    fields = fields_of(columns)
    by_name = {column.name: field for column, field in fields.items()}
    shown = [column for column in columns if not column.hidden]
    organized = {
        "excludeByName": {"Time": True, **{fields[column]: True for column in columns if column.hidden}},
        "indexByName": {fields[column]: place for place, column in enumerate(shown)},
        "renameByName": {fields[column]: column.name for column in shown},
    }
    changes = [{"id": "merge", "options": {}}]
    if sort:
        order = {"field": by_name[sort.lstrip("-")], "desc": sort.startswith("-")}
        changes.append({"id": "sortBy", "options": {"sort": [order]}})
    changes.append({"id": "organize", "options": organized})
    defaults = {
        "unit": "none",
        "color": {"mode": "thresholds"},
        "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "minWidth": 70},
        "thresholds": steps("text"),
    }
    overrides = [override(column.name, **column.properties) for column in shown if column.properties]
    return panel("table", title, description, questions, width, defaults, {"showHeader": True, "cellHeight": "sm"}, overrides, changes)


TEXT_COLOUR = {"type": "color-text"}
CELL_COLOUR = {"type": "color-background", "mode": "basic"}


def text(content, width=24):
    return {"type": "text", "title": "", "transparent": True, "options": {"mode": "markdown", "content": content}, "width": width}


# --- a dashboard ----------------------------------------------------------------------------------------


def row(title, height, *panels, collapsed=False):
    return title, height, panels, collapsed


def source_variable():
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1}


def variable(name, label, series, many=False):
    """The values of a label among series, for one to choose; `many`: or several, or all."""
    question = f"label_values({series}, {name})"
    made = {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": question, "refId": "values"},
        "refresh": 2,  # When the time changes, too: machines come and go.
        "sort": 1,
        "multi": many,
        "includeAll": many,
    }
    return {**made, "current": {"selected": True, "text": ["All"], "value": ["$__all"]}} if many else made


def mark(name, expression, title, colour, of_time=False):
    """A mark in all graphs where the expression has a value; `of_time`: at the time that is its value, in milliseconds."""
    made = {
        "name": name,
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": colour,
        "expr": tidy(expression),
        "titleFormat": title,
        "textFormat": "",
        "step": "60s",
    }
    return {**made, "useValueForTime": "on"} if of_time else made


def to_dashboard(uid, words_of_link, **variables):
    """Where a click on a value leads; what is set here is set there, and `variables` by the value's labels."""
    kept = ["${datasource:queryparam}", "${job:queryparam}"]
    given = [f"var-{name}={value}" for name, value in variables.items()]
    return {"title": words_of_link, "url": f"/d/{uid}?" + "&".join([*kept, *given, "${__url_time_range}"])}


def placed(rows):
    """The panels of all rows with their numbers and places. What is collapsed lies within its row."""
    panels, y = [], 0
    number = iter(range(1, 1000))
    for title, height, members, collapsed in rows:
        head = {"type": "row", "title": title, "id": next(number), "collapsed": collapsed, "panels": []}
        if title:
            panels.append({**head, "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}})
            y += 1
        x, below = 0, []
        for member in members:
            width = member["width"]
            if x + width > COLUMNS:
                x, y = 0, y + height
            rest = {key: value for key, value in member.items() if key != "width"}
            below.append({**rest, "id": next(number), "gridPos": {"x": x, "y": y, "w": width, "h": height}})
            x += width
        y += height
        (panels[-1]["panels"] if collapsed else panels).extend(below)
    return panels


def dashboard(uid, title, description, variables, rows, marks=(), since="now-6h"):
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": [TAG],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,  # One crosshair for all graphs.
        "refresh": "30s",
        "time": {"from": since, "to": "now"},
        "timezone": "browser",
        "templating": {"list": [source_variable(), *variables]},
        "annotations": {"list": list(marks)},
        "links": [
            {
                "title": "systemcheck",
                "type": "dashboards",
                "tags": [TAG],
                "asDropdown": True,
                "includeVars": True,
                "keepTime": True,
                "icon": "external link",
                "targetBlank": False,
                "tooltip": "",
                "url": "",
            }
        ],
        "panels": placed(rows),
    }


def as_text(made):
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
