"""For snmp_exporter of Prometheus: what its generator is told, and what comes out, in both formats there are."""

from mib import ROOT

# What changes all the time and is no number would make a new time series each time.
_TEXT = ("Text", "Reason", "Error")
# The index is the label already.
_TWICE = ("Label", "scDiskPath")
# Ordered by how bad it is: to be compared, not to be looked up.
_AS_NUMBER = ("ScCheckStatus",)
_TYPES = {"SnmpAdminString": "DisplayString", "DateAndTime": "DateAndTime", "Counter32": "counter", "Counter64": "counter"}

HEAD = "# Written by contrib/noc/generate: change that instead.\n"


def _is_wanted(leaf):
    return leaf.is_watched and not leaf.name.endswith(_TEXT + _TWICE)


def _type(leaf):
    if leaf.words and leaf.syntax not in _AS_NUMBER:
        return "EnumAsStateSet"
    return _TYPES.get(leaf.syntax, "gauge")


def _parts(mib):
    """What is walked, and which scalars are asked for by themselves: a group with a table that nobody should ask for is
    taken apart."""
    walked, asked = [], []
    for group in dict.fromkeys(leaf.group for leaf in mib.leaves):
        leaves = [leaf for leaf in mib.leaves if leaf.group == group]
        wanted = [leaf for leaf in leaves if _is_wanted(leaf)]
        if all(leaf.is_watched or not leaf.table for leaf in leaves):
            walked += [group] if wanted else []
        else:
            walked += dict.fromkeys(leaf.table for leaf in wanted if leaf.table)
            asked += [leaf.name for leaf in wanted if not leaf.table]
    return walked, asked


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _metric(leaf):
    lines = [
        f"  - name: {leaf.name}",
        f"    oid: {leaf.oid}",
        f"    type: {_type(leaf)}",
        f"    help: {_quoted(f'{leaf.sentence} - {leaf.oid}')}",
    ]
    if leaf.index:
        lines += ["    indexes:", f"    - labelname: {leaf.index}", "      type: DisplayString"]
    if leaf.words:
        lines += ["    enum_values:"] + [f"      {number}: {_quoted(word)}" for number, word in leaf.words.items()]
    return lines


def _module(mib):
    walked, asked = _parts(mib)
    return (["  walk:"] + [f"  - {mib.places[name]}" for name in walked]
            + ["  get:"] + [f"  - {mib.places[name]}.0" for name in asked] + ["  metrics:"]
            + [line for leaf in mib.leaves if _is_wanted(leaf) for line in _metric(leaf)])


_COMMUNITY = ("# COMMUNITY is what stands in /var/lib/systemcheck/snmp-community: it is good on the machine itself. From elsewhere\n"
              "# only users of SNMPv3 are answered.\n")
_USER = ("username: USER", "security_level: authPriv", "password: PASSWORD", "auth_protocol: SHA256",
         "priv_protocol: AES", "priv_password: PASSWORD")


def old_format(mib):
    """Until 0.22: who asks stands in the module."""
    lines = ["systemcheck:", *_module(mib), "  version: 2", "  auth:", "    community: COMMUNITY",
             "#  version: 3", "#  auth:", *(f"#    {line}" for line in _USER)]
    return HEAD + "# For snmp_exporter before 0.23, as in Debian 12.\n" + _COMMUNITY + "\n".join(lines) + "\n"


def new_format(mib):
    """Since 0.23: who asks stands for itself, and is chosen with auth= in the question."""
    lines = ["auths:", "  systemcheck:", "    version: 2", "    community: COMMUNITY",
             "  systemcheck_user:", "    version: 3", *(f"    {line}" for line in _USER),
             "modules:", *("  " + line for line in ["systemcheck:", *_module(mib)])]
    return (HEAD + "# For snmp_exporter from 0.23 on: &auth=systemcheck or &auth=systemcheck_user.\n" + _COMMUNITY
            + "\n".join(lines) + "\n")


def generator(mib):
    """For whoever makes one file for all his devices: his generator has to find our module and those it builds on."""
    overrides = {}
    for leaf in mib.leaves:
        if not _is_wanted(leaf):
            overrides[leaf.name] = "ignore: true"
        elif _type(leaf) in ("EnumAsStateSet", "DisplayString"):
            overrides[leaf.name] = f"type: {_type(leaf)}"
    for index in dict.fromkeys(leaf.index for leaf in mib.leaves if leaf.index):
        overrides[index] = "type: DisplayString\n        ignore: true"  # As a label; it cannot be read itself.
    walked, asked = _parts(mib)
    lines = ["modules:", "  systemcheck:", "    walk:", *(f"    - {name}" for name in walked + asked), "    overrides:"]
    for name, what in overrides.items():
        lines += [f"      {name}:", f"        {what}"]
    assert mib.root == ROOT, "with another root the module has to be printed with it"
    return HEAD + "\n".join(lines) + "\n"


def files(mib):
    made = {"snmp_exporter/snmp.yml": new_format(mib), "snmp_exporter/snmp-0.22.yml": old_format(mib)}
    if mib.root == ROOT:
        made["snmp_exporter/generator.yml"] = generator(mib)
    return made
