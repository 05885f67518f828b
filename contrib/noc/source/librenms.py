"""For LibreNMS: how it tells such a machine from others, and what it looks at there.

Each status is a state; it has four general ones of its own, 0 ok, 1 warning, 2 critical, 3 unknown.
"""

HEAD = "# Written by contrib/noc/generate: change that instead.\n"
_GENERIC = {"unknown": 3, "ok": 0, "warning": 1, "critical": 2}
_DESCRIPTIONS = {"scStatus": "systemcheck", "scLoadStatus": "Load", "scMemStatus": "Memory", "scRelayStatus": "Mail relay"}
# The relay may be off, and a status of which nothing is known would be an alarm.
_SKIPPED = {"scRelayStatus": 0}


def _state(mib, leaf):
    """A sensor for a status: of a column, one for each row."""
    if leaf.table:
        named = next(one for one in mib.columns(leaf.table) if one.syntax == "SnmpAdminString")
        description = f"{{{{ SYSTEMCHECK-MIB::{named.name} }}}}"
        oid, number = leaf.table, f".{leaf.oid}.{{{{ $str_index_as_numeric }}}}"
        group = leaf.group.removeprefix("sc")
    else:
        description, oid, number, group = _DESCRIPTIONS[leaf.name], leaf.name, f".{leaf.oid}.{{{{ $index }}}}", "Machine"
    lines = [
        "        -",
        f"          oid: SYSTEMCHECK-MIB::{oid}",
        f"          value: SYSTEMCHECK-MIB::{leaf.name}",
        f"          num_oid: '{number}'",
        f"          index: '{leaf.name}.{{{{ $index }}}}'",
        f"          descr: '{description}'",
        f"          group: {group}",
        f"          state_name: {leaf.name}",
    ]
    if leaf.name in _SKIPPED:
        lines.append(f"          skip_values: {_SKIPPED[leaf.name]}")
    lines.append("          states:")
    lines += [f"            - {{ value: {number}, generic: {_GENERIC[word]}, graph: 0, descr: {word} }}"
              for number, word in leaf.words.items()]
    return lines


def discovery(mib):
    statuses = [leaf for leaf in mib.leaves if leaf.syntax == "ScCheckStatus"]
    lines = [
        "mib: SYSTEMCHECK-MIB",
        "modules:",
        "  os:",
        "    version: SYSTEMCHECK-MIB::scAgentVersion.0",
        "  mempools:",
        "    data:",
        "      -",
        "        total: SYSTEMCHECK-MIB::scMemTotal",
        "        free: SYSTEMCHECK-MIB::scMemAvailable",
        "        precision: 1024",
        "        descr: Usable memory",
        "  storage:",
        "    data:",
        "      -",
        "        oid: SYSTEMCHECK-MIB::scDiskTable",
        "        size: SYSTEMCHECK-MIB::scDiskSize",
        "        used: SYSTEMCHECK-MIB::scDiskUsed",
        "        units: 1048576",
        "        descr: '{{ SYSTEMCHECK-MIB::scDiskPath }}'",
        f"        size_num_oid: '.{mib['scDiskSize'].oid}.{{{{ $str_index_as_numeric }}}}'",
        f"        used_num_oid: '.{mib['scDiskUsed'].oid}.{{{{ $str_index_as_numeric }}}}'",
        "  sensors:",
        "    state:",
        "      data:",
        *(line for leaf in statuses for line in _state(mib, leaf)),
    ]
    return HEAD + "\n".join(lines) + "\n"


def detection(mib):
    return f"""{HEAD}os: systemcheck
text: systemcheck
type: server
icon: linux
over:
  - {{ graph: device_mempool, text: Memory }}
  - {{ graph: device_storage, text: Storage }}
discovery:
  -
    sysObjectID:
      - .{mib.places["systemCheckMIB"]}
"""


def files(mib):
    return {"librenms/os_detection/systemcheck.yaml": detection(mib),
            "librenms/os_discovery/systemcheck.yaml": discovery(mib)}
