"""What the lints know of a C++ source: its files, its lines without comments and literals, its includes."""

import dataclasses
import pathlib
import re
import sys

# One alternative a kind of text that must not be searched for names. A quote between two digits
# (1'000) is no character literal.
_NOISE = re.compile(
    r"""
    (?P<raw>R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)")
  | (?P<line>//(?:\\\n|[^\n])*)
  | (?P<block>/\*.*?\*/)
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<character>(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+')
    """,
    re.VERBOSE | re.DOTALL,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"(?P<own>[^"\n]+)"|<(?P<other>[^>\n]+)>)')


@dataclasses.dataclass(frozen=True, order=True)
class Complaint:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    name: str
    is_own: bool  # in quotes: one of ours


class Source:
    """One file, by its path below the root of the tree."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        if self.lines and not self.lines[-1]:
            self.lines.pop()

    @property
    def code(self):
        """The lines with comments and literals blanked, so that line numbers stay."""
        return _NOISE.sub(_blank, self.text).split("\n")

    @property
    def includes(self):
        # A comment that spans lines may hold an #include; one on the line itself cannot hide it.
        code = _NOISE.sub(lambda m: _blank(m) if m.group("block") or m.group("raw") else m.group(), self.text)
        for number, line in enumerate(code.split("\n"), start=1):
            match = _INCLUDE.match(line)
            if match:
                yield Include(number, match.group("own") or match.group("other"), bool(match.group("own")))


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def read_sources(root):
    """Every .h and .cc below src/."""
    root = pathlib.Path(root)
    for path in sorted((root / "src").rglob("*")):
        if path.suffix in (".h", ".cc"):
            yield Source(str(path.relative_to(root)), path.read_text(encoding="utf-8"))


def report(complaints):
    """Prints them, and is what a lint exits with."""
    complaints = sorted(complaints)
    for complaint in complaints:
        print(complaint)
    if complaints:
        print(f"{len(complaints)} complaints", file=sys.stderr)
    return 1 if complaints else 0


def tree_root(arguments):
    return pathlib.Path(arguments[1]) if len(arguments) > 1 else pathlib.Path(__file__).resolve().parents[2]
