#!/usr/bin/env python3
"""Who may include whom: src/rooms.txt for our rooms, and one adapter for each foreign library."""

import re
import sys

from source import Complaint, read_sources, report, tree_root

# A foreign library stops at the files named here: its types, exceptions and globals go no further.
# fmt is not listed: it is used like the standard library.
ADAPTERS = {
    "CLI/": ["src/ctl/session.h", "src/systemcheckctl.cc", "src/systemcheckd.cc"],
    "curses.h": ["src/menu/terminal.cc"],
    "db.h": ["src/relay/sendmail_hash.cc"],
    "crypt.h": ["src/os/password_hash.cc"],
    "gnutls/": ["src/probe/digest.cc", "src/probe/tls.cc", "src/publish/http_secrets.cc", "src/publish/http_tls.cc"],
    "lmdb.h": ["src/relay/postfix_lmdb.cc"],
    "microhttpd.h": ["src/publish/http.cc", "src/publish/http_guard.cc", "src/publish/http_guard.h", "src/publish/http_response.cc", "src/publish/http_response.h"],
    "net-snmp/": ["src/publish/snmp.cc", "src/publish/snmp_requests.cc", "src/publish/snmp_traps.cc", "src/publish/snmp_varbind.cc"],
    "nlohmann/": [
        "src/ctl/answer.h",
        "src/daemon/claim_memory.cc",
        "src/daemon/command_answer.cc",
        "src/daemon/history_answer.cc",
        "src/decide/past_text.cc",
        "src/decide/restart_memory.cc",
        "src/offline/replay_json.cc",
        "src/daemon/daemon_requests.cc", "src/daemon/process_answer.cc",
        "src/publish/hold_json.h", "src/publish/relay_json.h", "src/daemon/relay_answer.cc", "src/daemon/relay_grants.cc",
        "src/publish/service_json.h", "src/publish/watch_json.h",
        "src/publish/http_orders.cc",
        "src/publish/shed_json.h",
        "src/decide/shed_memory.cc",
        "src/publish/status_json.cc",
    ],
    "prometheus/": ["src/publish/prometheus.cc"],
    "re2/": ["src/collect/pattern.cc", "src/config/patterns.cc", "src/relay/login_patterns.cc"],
    "spdlog/": ["src/daemon/journal.cc"],
    "systemd/": ["src/os/bus.cc", "src/os/journal_reader.cc", "src/os/notify.cc", "src/os/sd_event_loop.cc"],
    "yaml-cpp/": ["src/config/reader.cc"],
    "sqlite3.h": ["src/store/sqlite.cc"],
    "zlib.h": ["src/publish/gzip.cc"],
}

# Foreign headers that every room may use: the C++ standard library has no dot in its names, the C
# library and the kernel come from these places.
_EVERYWHERE = re.compile(r"[a-z_0-9]+|(?:arpa|linux|net|netinet|sys)/\w+\.h|fmt/\w+\.h|\w+\.h")
_FOREIGN = re.compile(r"(?:" + "|".join(re.escape(name) for name in ADAPTERS) + ")")
_LINE = re.compile(r"^([a-z]+)\s*:\s*((?:[a-z]+\s*)*)$")


def parse_rooms(text):
    """src/rooms.txt to {room: rooms it may include}, itself among them."""
    rooms = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if not match:
            raise ValueError(f"src/rooms.txt:{number}: cannot read this line: {line}")
        room, may_include = match.group(1), match.group(2).split()
        for other in may_include:
            if other not in rooms:
                raise ValueError(f"src/rooms.txt:{number}: {room} may not include {other}, which stands below it")
        rooms[room] = {room, *may_include}
    return rooms


def check_own(source, include, rooms):
    _, *folders, _ = source.path.split("/")
    target = include.name.split("/")[0]
    if "/" not in include.name or target not in rooms:
        yield Complaint(source.path, include.line, f'"{include.name}" is not "room/file.h" of a room in src/rooms.txt')
    elif folders and target not in rooms.get(folders[0], set()):
        yield Complaint(source.path, include.line, f"room {folders[0]} may not include {target} (src/rooms.txt)")


def check_foreign(source, include, adapters):
    for prefix, files in adapters.items():
        if include.name.startswith(prefix):
            if source.path not in files:
                yield Complaint(source.path, include.line, f"<{include.name}> may only be included by {', '.join(files)}")
            return
    if not _EVERYWHERE.fullmatch(include.name):
        yield Complaint(source.path, include.line, f"<{include.name}> is of no library that tests/lint/rooms.py knows")


def check(sources, rooms, adapters):
    for source in sources:
        folders = source.path.split("/")[1:-1]
        if folders and folders[0] not in rooms:
            yield Complaint(source.path, 1, f"room {folders[0]} is not in src/rooms.txt")
        if len(folders) > 1:
            yield Complaint(source.path, 1, "a room has no rooms inside")
        for include in source.includes:
            yield from check_own(source, include, rooms) if include.is_own else check_foreign(source, include, adapters)


def check_map(text, rooms):
    """The table of src/README.md has a row for each room, in the order of src/rooms.txt."""
    rows = re.findall(r"^\| `([a-z]+)` \|", text, re.MULTILINE)
    if rows != list(rooms):
        yield Complaint("src/README.md", 1, f"its rooms are {' '.join(rows)}; those of src/rooms.txt are {' '.join(rooms)}")


def main():
    root = tree_root(sys.argv)
    rooms = parse_rooms((root / "src/rooms.txt").read_text(encoding="utf-8"))
    complaints = list(check(read_sources(root), rooms, ADAPTERS))
    complaints += check_map((root / "src/README.md").read_text(encoding="utf-8"), rooms)
    return report(complaints)


if __name__ == "__main__":
    sys.exit(main())
