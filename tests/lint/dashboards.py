#!/usr/bin/env python3
"""What Grafana's schema cannot say of a dashboard: that its parts fit together, and to the other dashboards.

Whether each is what Grafana's types say a dashboard is: tests/dashboards/run validate.
"""

import collections
import itertools
import json
import pathlib
import re
import sys

DASHBOARDS = pathlib.Path(__file__).resolve().parents[2] / "dashboards"
COLUMNS = 24
UID_MAX = 40
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# What Grafana itself remembers, deployments and the like.
BUILT_IN = {"type": "grafana", "uid": "-- Grafana --"}

# $name, ${name}, ${name:format}, ${name.path}, [[name]]; $1 is of a regular expression.
_VARIABLE = re.compile(r"\$(?P<bare>[A-Za-z_]\w*)|\$\{(?P<braced>[A-Za-z_]\w*)[^}]*\}|\[\[(?P<old>\w+)(?::\w+)?\]\]")
_GRAFANAS_OWN = re.compile(r"__(?:all|all_variables|cell\w*|dashboard|data|field|from|interval|interval_ms|name|org|range|range_ms|"
                           r"range_s|rate_interval|rate_interval_ms|series|timezone|to|url_time_range|url|user|value)")
_LINK = re.compile(r"/d/(?P<uid>[^/?#]+)[^?#]*(?:\?(?P<parameters>[^#]*))?")
_VALUE_OF = re.compile(r"Value #(\w+)")


def strings_in(value):
    """All of them, keys as well: a renamed column is one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)


def variables_in(value):
    """Names of variables that are used, without those that Grafana always knows."""
    for text in strings_in(value):
        for found in _VARIABLE.finditer(text):
            name = found.group("bare") or found.group("braced") or found.group("old")
            if not _GRAFANAS_OWN.fullmatch(name):
                yield name


def all_panels(dashboard):
    """Rows, what is in closed ones, and all others."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def named(panel):
    return f"panel {panel.get('id')} ({panel.get('title', 'without a title')})"


# --- one dashboard -----------------------------------------------------------------------------------------------


def check_ids(dashboard):
    counts = collections.Counter(panel.get("id") for panel in all_panels(dashboard))
    for panel_id, count in counts.items():
        if not isinstance(panel_id, int) or count > 1:
            yield f"{count} panel{'s have' if count > 1 else ' has'} the id {panel_id}"


def overlap(one, other):
    return (one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
            and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


def check_places(panels):
    """Of panels that are seen at once."""
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] < 0 or place["y"] < 0 or place["w"] < 1 or place["h"] < 1 or place["x"] + place["w"] > COLUMNS:
            yield f"{named(panel)}: is not within {COLUMNS} columns"
    for one, other in itertools.combinations(panels, 2):
        if overlap(one["gridPos"], other["gridPos"]):
            yield f"{named(one)}: lies over {named(other)}"


def check_rows(dashboard):
    yield from check_places(dashboard["panels"])
    for row in (panel for panel in dashboard["panels"] if panel["type"] == "row"):
        if row["panels"] and not row["collapsed"]:
            yield f"{named(row)}: is open, but has its panels inside"
        if row["collapsed"] and not row["panels"]:
            yield f"{named(row)}: is closed over nothing"
        yield from check_places(row["panels"])


def check_variables(dashboard):
    """Each is defined before it is used, and used."""
    known = set()
    for variable in dashboard["templating"]["list"]:
        name = variable["name"]
        for used in sorted(set(variables_in(variable)) - known):
            yield f"variable {name}: uses ${{{used}}}, which is not defined above it"
        if name in known:
            yield f"variable {name}: is defined twice"
        known.add(name)
    used = set(variables_in({key: value for key, value in dashboard.items() if key != "templating"}))
    for name in sorted(used - known):
        yield f"${{{name}}} is not defined"
    for name in sorted(known - used - set(variables_in(dashboard["templating"]))):
        yield f"variable {name}: nothing uses it"


def check_sources(dashboard):
    """Whatever asks, asks the data source that the reader chose."""
    variables = dashboard["templating"]["list"]
    first = variables[0] if variables else {}
    if (first.get("name"), first.get("type"), first.get("query")) != ("datasource", "datasource", "prometheus"):
        yield "its first variable is not datasource, of type datasource, with the query prometheus"
    for variable in variables:
        if variable["type"] == "query" and variable.get("datasource") != SOURCE:
            yield f"variable {variable['name']}: its datasource is not {SOURCE}"
    for annotation in dashboard.get("annotations", {}).get("list", []):
        if annotation.get("datasource") not in (SOURCE, BUILT_IN):
            yield f"annotation {annotation['name']}: its datasource is not {SOURCE}"
    for panel in all_panels(dashboard):
        if panel.get("targets") and panel.get("datasource") != SOURCE:
            yield f"{named(panel)}: its datasource is not {SOURCE}"
        for target in panel.get("targets", []):
            if target.get("datasource", SOURCE) != SOURCE:
                yield f"{named(panel)}: the datasource of {target['refId']} is not {SOURCE}"


def says_what_it_counts(panel):
    """By a unit, or by words for its values."""
    config = panel.get("fieldConfig", {})
    properties = [entry["id"] for override in config.get("overrides", []) for entry in override["properties"]]
    return any(key in config.get("defaults", {}) or key in properties for key in ("unit", "mappings"))


def check_words(panel):
    if panel["type"] == "text":
        return
    if not panel.get("title"):
        yield f"{named(panel)}: has no title"
    if panel["type"] == "row":
        return
    if not panel.get("description"):
        yield f"{named(panel)}: has no description"
    if not says_what_it_counts(panel):
        yield f"{named(panel)}: has neither a unit nor words for its values"
    if not panel.get("targets"):
        yield f"{named(panel)}: asks nothing"


def check_queries(panel):
    letters = [target["refId"] for target in panel.get("targets", [])]
    for letter in sorted({letter for letter in letters if letters.count(letter) > 1}):
        yield f"{named(panel)}: has two queries {letter}"
    # The columns of a table that was made from several queries bear their letters; from a single one, none.
    columns = set(letters) if len(letters) > 1 else set()
    later = [panel.get("transformations", []), panel.get("fieldConfig", {}).get("overrides", [])]
    for letter in sorted({found for text in strings_in(later) for found in _VALUE_OF.findall(text)} - columns):
        yield f"{named(panel)}: has no column Value #{letter}"


def check_dashboard(dashboard):
    yield from check_ids(dashboard)
    yield from check_rows(dashboard)
    yield from check_variables(dashboard)
    yield from check_sources(dashboard)
    for panel in all_panels(dashboard):
        yield from check_words(panel)
        yield from check_queries(panel)
    if dashboard.get("id") is not None:
        yield "has an id, which is of one Grafana only"


# --- among each other --------------------------------------------------------------------------------------------


def check_uids(dashboards):
    """dashboards: {file: dashboard}"""
    for what in ("uid", "title"):
        counts = collections.Counter(dashboard.get(what) for dashboard in dashboards.values())
        for name, dashboard in dashboards.items():
            if not dashboard.get(what) or counts[dashboard[what]] > 1:
                yield f"{name}: its {what} {dashboard.get(what)!r} is not its own"
    for name, dashboard in dashboards.items():
        if not re.fullmatch(rf"[\w-]{{1,{UID_MAX}}}", dashboard.get("uid", "")):
            yield f"{name}: its uid is not of at most {UID_MAX} letters, digits, _ and -"


def check_link(text, by_uid):
    for found in _LINK.finditer(text):
        target = by_uid.get(found.group("uid"))
        if target is None:
            yield f"leads to /d/{found.group('uid')}, which is none of these dashboards"
            continue
        known = {variable["name"] for variable in target["templating"]["list"]}
        for name in re.findall(r"(?:^|&)var-(\w+)=", found.group("parameters") or ""):
            if name not in known:
                yield f"sets {name}, which {found.group('uid')} does not have"


def check_links(dashboard, by_uid):
    tags = {tag for other in by_uid.values() for tag in other.get("tags", [])}
    for link in dashboard.get("links", []):
        for tag in link.get("tags", []):
            if link["type"] == "dashboards" and tag not in tags:
                yield f"link {link['title']}: no dashboard has the tag {tag}"
    for text in strings_in(dashboard):
        yield from check_link(text, by_uid)


def complaints(dashboards):
    yield from check_uids(dashboards)
    by_uid = {dashboard.get("uid"): dashboard for dashboard in dashboards.values()}
    for name, dashboard in dashboards.items():
        for complaint in itertools.chain(check_dashboard(dashboard), check_links(dashboard, by_uid)):
            yield f"{name}: {complaint}"


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DASHBOARDS
    dashboards = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    found = list(complaints(dashboards)) if dashboards else [f"{folder}: no dashboards are there"]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
