"""A template for Zabbix 6.0 and later: what is a number becomes an item in the unit that people think in, each table a
discovery rule, each status two triggers."""

import hashlib
import uuid

HEAD = "# Written by contrib/noc/generate: change that instead.\n"
NAME = "systemcheck by SNMP"
GROUP = "Templates/Applications"

# Which Zabbix does not understand.
_WITHOUT_TYPES = ("DateAndTime",)

# What is done with a number, its unit, and whether it is a whole one then.
_CALCULATED = {
    "kibibytes": ("1024", "B", True),
    "mebibytes": ("1048576", "B", True),
    "permille": ("0.1", "%", False),
    "0.01": ("0.01", "", False),
    "0.01 percent": ("0.01", "%", False),
    "seconds": (None, "s", True),
    "microseconds": ("0.000001", "s", False),
    "TimeStamp": ("0.01", "uptime", True),
}
# Milliseconds of each second: a tenth of that is a share.
_SHARE_OF_TIME = "milliseconds"

_WARNING = ("WARNING", "{what}: {{ITEM.LASTVALUE}}", "last({key})=2")
_CRITICAL = ("HIGH", "{what}: {{ITEM.LASTVALUE}}", "last({key})=3")
# Triggers for what has no status of its own: priority, name, expression.
_TRIGGERS = {
    "scSampleAge": [("HIGH", "systemcheck does not look at the machine any more",
                     "last({key})>3*last({scSampleInterval})"),
                    ("HIGH", "systemcheck does not answer", "nodata({key},5m)=1")],
    "scShedServicesOff": [("WARNING", "Services are off for want of memory", "last({key})>0")],
    "scShedState": [("HIGH", "Memory is short, and nothing is left to be turned off", "last({key})=8")],
    "scServiceRestarts": [("INFO", "Service {name}: was restarted", "change({key})>0")],
    "scServiceAtCap": [("HIGH", "Service {name}: fails to come back, and restarts are as slow as they get", "last({key})=1")],
    "scDiskReadOnly": [("WARNING", "Disk {name}: has become read-only", "change({key})<0")],
    "scRelayLogGaps": [("WARNING", "Log {name}: lines are missing", "change({key})>0")],
}
# The worst of all would tell everything twice.
_WITHOUT_TRIGGERS = ("scStatus",)
# The relay may be off, and then nothing is known of it.
_TITLES = {"scDiskTable": "Disk", "scServiceTable": "Service", "scProcUserTable": "User", "scShedServiceTable": "Shedding of",
           "scRelayLogTable": "Log", "scRelaySocketTable": "Socket", "scRelayMapTable": "Map"}
_MACRO = "{#NAME}"


def _uuid(*what):
    """Always the same for the same thing: an import then changes what is there instead of adding to it."""
    return uuid.UUID(bytes=hashlib.md5("/".join((NAME, *what)).encode()).digest(), version=4).hex


def _is_wanted(leaf):
    return leaf.is_watched and leaf.syntax not in _WITHOUT_TYPES and not leaf.name.endswith("Label")


def _key(leaf):
    return f"systemcheck.{leaf.name}" + (f"[{_MACRO}]" if leaf.table else "")


def _step(kind, *parameters):
    return {"type": kind, "parameters": list(parameters)}


def _meaning(leaf):
    """What Zabbix makes of the value."""
    if leaf.words:
        return {"valuemap": {"name": leaf.syntax}}
    if leaf.syntax == "SnmpAdminString":
        return {"value_type": "CHAR", "trends": "0",
                "preprocessing": [_step("DISCARD_UNCHANGED_HEARTBEAT", "1h")]}
    if leaf.units == _SHARE_OF_TIME:
        return {"value_type": "FLOAT", "units": "%",
                "preprocessing": [_step("CHANGE_PER_SECOND", ""), _step("MULTIPLIER", "0.1")]}
    signed = {"value_type": "FLOAT"} if leaf.syntax == "Integer32" else {}
    factor, units, is_whole = _CALCULATED.get(leaf.syntax) or _CALCULATED.get(leaf.units) or (None, "", True)
    return {**signed, **({} if is_whole else {"value_type": "FLOAT"}), **({"units": units} if units else {}),
            **({"preprocessing": [_step("MULTIPLIER", factor)]} if factor else {})}


def _what(leaf):
    """"Disk {#NAME}: scDiskUsed" for lists, in which what belongs together stands together."""
    return f"{_TITLES[leaf.table]} {_MACRO}: {leaf.name}" if leaf.table else leaf.name


def _triggers(mib, leaf):
    rules = list(_TRIGGERS.get(leaf.name, ()))
    if leaf.syntax == "ScCheckStatus" and leaf.name not in _WITHOUT_TRIGGERS:
        rules += [_WARNING, _CRITICAL]
    keys = {one.name: f"/{NAME}/{_key(one)}" for one in mib.leaves}
    what = f"{_TITLES[leaf.table]} {_MACRO}" if leaf.table else leaf.sentence
    return [{"uuid": _uuid("trigger", leaf.name, expression),
             "expression": expression.format(key=keys[leaf.name], **keys),
             "name": name.format(what=what, name=_MACRO), "priority": priority}
            for priority, name, expression in rules]


def _item(mib, leaf):
    item = {
        "uuid": _uuid("item", leaf.name),
        "name": _what(leaf),
        "type": "SNMP_AGENT",
        "snmp_oid": f".{leaf.oid}." + ("{#SNMPINDEX}" if leaf.table else "0"),
        "key": _key(leaf),
        **_meaning(leaf),
        "description": leaf.description,
        "tags": [{"tag": "component", "value": leaf.group.removeprefix("sc").lower()}],
    }
    triggers = _triggers(mib, leaf)
    # Of more than one item: they stand for themselves.
    own = [one for one in triggers if one["expression"].count("/systemcheck.") == 1]
    if own:
        item["trigger_prototypes" if leaf.table else "triggers"] = own
    return item, [one for one in triggers if one not in own]


def _rule(mib, table):
    columns = [leaf for leaf in mib.columns(table) if _is_wanted(leaf)]
    named = next(leaf for leaf in mib.columns(table) if leaf.syntax == "SnmpAdminString")
    return {
        "uuid": _uuid("rule", table),
        "name": f"{_TITLES[table]} discovery",
        "type": "SNMP_AGENT",
        "snmp_oid": f"discovery[{_MACRO},.{named.oid}]",
        "key": f"systemcheck.discovery[{table}]",
        "delay": "10m",
        "lifetime": "7d",
        "item_prototypes": [_item(mib, leaf)[0] for leaf in columns],
    }


def _valuemap(mib, name):
    return {"uuid": _uuid("map", name), "name": name,
            "mappings": [{"value": str(number), "newvalue": word} for number, word in mib.words[name].items()]}


def template(mib):
    wanted = [leaf for leaf in mib.leaves if _is_wanted(leaf)]
    tables = list(dict.fromkeys(leaf.table for leaf in wanted if leaf.table))
    unnamed = [table for table in tables if table not in _TITLES]
    assert not unnamed, f"{unnamed}: what shall people call its rows?"
    made = [_item(mib, leaf) for leaf in wanted if not leaf.table]
    maps = dict.fromkeys(leaf.syntax for leaf in wanted if leaf.words)
    return {"zabbix_export": {
        "version": "6.0",
        # What Zabbix itself calls this group everywhere.
        "groups": [{"uuid": "a571c0d144b14fd4a87a9d9b2aa9fcd6", "name": GROUP}],
        "templates": [{
            "uuid": _uuid("template"), "template": NAME, "name": NAME,
            "description": "What the systemcheck daemon knows of its host: port 1161 of it, unless snmpd stands before it.",
            "groups": [{"name": GROUP}],
            "items": [item for item, _ in made],
            "discovery_rules": [_rule(mib, table) for table in tables],
            "valuemaps": [_valuemap(mib, name) for name in maps],
        }],
        "triggers": [trigger for _, several in made for trigger in several],
    }}


def _quoted(text):
    return "'" + text.replace("'", "''") + "'"


def _yaml(value, depth=0):
    """Lines of YAML. Everything is text there, so all that is no name is quoted."""
    margin = "  " * depth
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                yield f"{margin}{key}: {_quoted(inner)}"
            elif inner:
                yield f"{margin}{key}:"
                yield from _yaml(inner, depth + 1)
        return
    for inner in value:
        if isinstance(inner, str):
            yield f"{margin}- {_quoted(inner)}"
            continue
        first, *others = _yaml(inner, depth + 1)
        yield f"{margin}- {first.strip()}"
        yield from others


def files(mib):
    return {"zabbix/systemcheck.yaml": HEAD + "\n".join(_yaml(template(mib))) + "\n"}
