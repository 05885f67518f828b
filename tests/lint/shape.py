#!/usr/bin/env python3
"""Length of files, and the names we do not give, or give once. The length of functions is clang-tidy's matter."""

import re
import sys

from source import Complaint, read_sources, report, tree_root

LINES_MAX = 400

# A declaration or definition: a type before the name. A call has none, or a keyword.
_FUNCTION = re.compile(r"(?:^|[\s*&>])(?:\w+::)*(?P<name>(?:get|process|handle)_\w*)\s*\(")
# Here "process" is the thing, not the verb.
_NOUNS = {"process_leaves"}
_TYPE_BEFORE = re.compile(r"(?P<word>\w+)[>\s*&]*$|(?<!-)[>*&]\s*$")
_NOT_A_TYPE = {"return", "co_return", "co_await", "co_yield", "else", "new", "delete", "throw", "case", "and", "or", "not"}
_TYPE = re.compile(r"\b(?:class|struct|enum(?:\s+class)?|concept|using|namespace)\s+(?P<name>\w+)")
# The word alone may be somebody else's term (systemd calls itself a manager); a compound is an evasion.
_EVASIVE_TYPE = re.compile(r"\w+(?:Manager|Handler|Helper)|\w*(?:Utils?|Misc)|\w*_?(?:utils?|misc|manager)")
_DEFINED_TYPE = re.compile(r"(?:class|struct|enum(?: class)?) (?P<name>\w+)(?: final)?(?: :[^;{]*)? *\{")
_EVASIVE_FILE = re.compile(r"(?:^|[/_])(?:utils?|misc|helpers?|managers?|handlers?|common)(?:[/_.]|$)")
_UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def check_file(source):
    if len(source.lines) > LINES_MAX:
        yield Complaint(source.path, LINES_MAX + 1, f"{len(source.lines)} lines; a file has one idea and at most {LINES_MAX} lines")
    if _EVASIVE_FILE.search(source.path.split("/", 1)[1]):
        yield Complaint(source.path, 1, "a file is named after its idea")
    if source.path.endswith(".h") and "#pragma once" not in source.lines:
        yield Complaint(source.path, 1, "no #pragma once")


def is_declaration(before):
    """Whether what stands before a name and its parenthesis makes it one that is being declared."""
    found = _TYPE_BEFORE.search(before)
    return bool(found) and found.group("word") not in _NOT_A_TYPE


def check_names(source):
    for number, line in enumerate(source.code, start=1):
        for found in _FUNCTION.finditer(line):
            before = re.sub(r"(?:\w+::)+$", "", line[: found.start("name")])
            if is_declaration(before) and found.group("name") not in _NOUNS:
                yield Complaint(source.path, number, f"{found.group('name')}: the verb hides what it costs (read_, parse_, decide_, …)")
        for found in _TYPE.finditer(line):
            if _EVASIVE_TYPE.fullmatch(found.group("name")):
                yield Complaint(source.path, number, f"{found.group('name')}: a type is named after what it is")


def check_unfinished(source):
    for number, line in enumerate(source.lines, start=1):
        if _UNFINISHED.search(line):
            yield Complaint(source.path, number, "finish it, or write down why it is as it is")


def check_types(sources):
    """In one program two types of the same name are one, and the linker takes the functions of whichever it likes."""
    defined = {}
    for source in sources:
        for number, line in enumerate(source.code if source.path.endswith(".h") else (), start=1):
            found = _DEFINED_TYPE.match(line)
            other = defined.setdefault(found.group("name"), source.path) if found else source.path
            if other != source.path:
                yield Complaint(source.path, number, f"{found.group('name')}: {other} has a type of that name")


def check(sources):
    sources = list(sources)
    yield from check_types(sources)
    for source in sources:
        yield from check_file(source)
        yield from check_names(source)
        yield from check_unfinished(source)


def main():
    return report(check(read_sources(tree_root(sys.argv))))


if __name__ == "__main__":
    sys.exit(main())
