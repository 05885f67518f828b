#!/usr/bin/env python3
"""each metric of the daemon is looked at by a rule or a dashboard, and those ask for no other."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Metrics that nobody looks at, and why.
UNSEEN = {}

EXPORTED = re.compile(r'"((?:systemcheck|process)_[a-z0-9_]+)"')
# What a rule records has a colon before its name, or behind it.
ASKED = re.compile(r"(?<![\w:$])((?:systemcheck|process)_[a-z0-9_]+)(?![\w:])")
PARTS_OF_A_HISTOGRAM = re.compile(r"_(?:bucket|sum|count)$")


def exported_by(sources):
    return {name for text in sources for name in EXPORTED.findall(text)}


def asked_by(questions):
    return {PARTS_OF_A_HISTOGRAM.sub("", name) for text in questions for name in ASKED.findall(text)}


def complaints(exported, asked, unseen):
    for name in sorted(exported - asked - set(unseen)):
        yield f"{name}: no rule and no dashboard looks at it"
    for name in sorted(asked - exported):
        yield f"{name}: is asked for, and not exported"
    for name in sorted(set(unseen) & asked):
        yield f"{name}: is looked at, although it is said that nobody does"


def main():
    sources = [path.read_text() for path in (ROOT / "src").rglob("*.cc")]
    questions = [path.read_text() for path in (*ROOT.glob("alerts/rules/*.yml"), *ROOT.glob("dashboards/*.json"))]
    exported = exported_by(sources)
    found = list(complaints(exported, asked_by(questions), UNSEEN))
    for complaint in found:
        print(f"metrics: {complaint}", file=sys.stderr)
    return 1 if found or not exported else 0


if __name__ == "__main__":
    sys.exit(main())
