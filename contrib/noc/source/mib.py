"""Reads mibs/SYSTEMCHECK-MIB.txt.

It is no parser of SMIv2: it knows how this one module is laid out, each clause on a line of its own. That the module
has the very objects, types, units and words that the daemon serves is what tests/unit/publish/mib_test.cc compares;
so whatever is made from it here cannot tell another story.
"""

import pathlib
import re
from dataclasses import dataclass, field

MODULE = pathlib.Path(__file__).resolve().parents[3] / "mibs" / "SYSTEMCHECK-MIB.txt"
# What the module is rooted at (scRoot), unless its user has given it another root.
ROOT = "1.3.6.1.4.1.8072.9999.9999.2001"

# Nothing that is watched: who may send mail is nobody's business there, what has happened is no number, and what is there
# to be written says nothing when it is read.
_UNWATCHED = ("scRelayClientTable", "scEventTable", "scSetLock", "scServiceCommand")

_NODE = re.compile(r"^(sc\w+|systemCheckMIB) +OBJECT IDENTIFIER ::= \{ (\w+) (\d+) \}$", re.M)
_IDENTITY = re.compile(r"^systemCheckMIB MODULE-IDENTITY.*?::= \{ (\w+) (\d+) \}$", re.M | re.S)
_OBJECT = re.compile(r"^(sc\w+) OBJECT-TYPE\n(.*?)^    ::= \{ (\w+) (\d+) \}$", re.M | re.S)
_CONVENTION = re.compile(r"^(Sc\w+) ::= TEXTUAL-CONVENTION\n(?:.+\n)*?    SYNTAX +INTEGER \{([^}]*)\}", re.M)
_WORDS = {"TruthValue": {1: "true", 2: "false"}}


@dataclass
class Leaf:
    """A scalar, or a column of a table."""

    name: str
    oid: str
    syntax: str
    units: str
    description: str
    table: str = ""  # "scServiceTable"; "" for a scalar
    index: str = ""  # the column that names its rows
    group: str = ""  # what it is about: "scService"
    words: dict = field(default_factory=dict)  # of an enumeration, by number

    @property
    def is_watched(self):
        return self.name not in _UNWATCHED and self.table not in _UNWATCHED

    @property
    def sentence(self):
        """The first one of its description."""
        return self.description.split(". ")[0].rstrip(".")


def _clause(body, keyword):
    found = re.search(rf"^    {keyword} +(.*?)$", body, re.M)
    return found.group(1).strip('"') if found else ""


def _description(body):
    return " ".join(re.search(r'DESCRIPTION "(.*?)"', body, re.S).group(1).split())


class Mib:
    def __init__(self, text, root=ROOT):
        self.root = root
        self.places = {"netSnmpPlaypen": root.rpartition(".")[0], "scRoot": root}
        self.words = dict(_WORDS)
        for name, words in _CONVENTION.findall(text):
            self.words[name] = {int(number): word for word, number in re.findall(r"(\w+)\((\d+)\)", words)}
        identity = _IDENTITY.search(text)
        self._place("systemCheckMIB", *identity.groups())
        for name, parent, number in _NODE.findall(text):
            if name != "scRoot":
                self._place(name, parent, number)
        self.leaves = []
        tables, indexes = {}, {}
        for name, body, parent, number in _OBJECT.findall(text):
            oid = self._place(name, parent, number)
            if name.endswith("Entry"):
                tables[name], indexes[name] = parent, _clause(body, "INDEX").strip("{ }")
            if _clause(body, "MAX-ACCESS") not in ("read-only", "read-write"):
                continue
            syntax = _clause(body, "SYNTAX")
            self.leaves.append(Leaf(
                name=name, oid=oid, syntax=syntax.split(" (")[0], units=_clause(body, "UNITS"),
                description=_description(body), table=tables.get(parent, ""), index=indexes.get(parent, ""),
                group=self._group(oid), words=self.words.get(syntax, {})))

    def _group(self, oid):
        """The node below scObjects that it stands under."""
        return next(name for name, place in self.places.items()
                    if place.rpartition(".")[0] == self.places.get("scObjects") and oid.startswith(f"{place}."))

    def _place(self, name, parent, number):
        self.places[name] = f"{self.places[parent]}.{number}"
        return self.places[name]

    def __getitem__(self, name):
        """A leaf by its name."""
        return next(leaf for leaf in self.leaves if leaf.name == name)

    def columns(self, table):
        return [leaf for leaf in self.leaves if leaf.table == table]

    def scalars(self):
        return [leaf for leaf in self.leaves if not leaf.table]


def read(root=ROOT):
    return Mib(MODULE.read_text(), root)
