#!/usr/bin/env python3
"""shed_mutations.py BUILD [--all] [--only TEXT] [--jobs N]: would a mistake in the decision to shed memory be found?

Makes small mistakes in the sources, one at a time: a comparison that is off by its boundary or the wrong way round,
"and" for "or", a threshold twice as large or half. Builds what has changed, and runs the unit tests and the simulation:
one of them has to fail. Prints the mistakes that nobody has found; exit code 1 if there are any that are not known
to make no difference.

Without --all: the levels and what brings services back. Those that make no difference are in EQUIVALENT, with the
reason.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DECIDE = ROOT / "src/decide"
CHOSEN = ("shed_levels.cc", "shed_restore.cc", "shed_scene.h")
# Enough to be wrong in; the whole of it is run where nothing is mutated.
SIMULATIONS = (
    ("--count", "12", "--forks", "12", "--disturbance", "spike", "--jobs", "1"),
    ("--count", "8", "--forks", "0", "--disturbance", "wave", "--jobs", "1"),
)
UNIT_TESTS = ("--gtest_filter=Shed*", "--gtest_brief=1", "--gtest_fail_fast")
SECONDS_MAX = 120
# Compiled as fast as can be; a warning is no proof that anybody would have noticed.
COMPILER_OPTIONS = ("-O0", "-g0", "-U_FORTIFY_SOURCE", "-w")

# (file, part of the line, what becomes of it): why nobody can tell.
EQUIVALENT = {
    ("shed_restore.cc", "return key(one) < key(other);", "<="): "no two services have the same name",
}

OPERATORS = {
    " < ": (" <= ", " >= "),
    " <= ": (" < ", " > "),
    " > ": (" >= ", " <= "),
    " >= ": (" > ", " < "),
    " == ": (" != ",),
    " != ": (" == ",),
    " && ": (" || ",),
    " || ": (" && ",),
    "std::min(": ("std::max(",),
    "std::max(": ("std::min(",),
}
CONSTANT = re.compile(r"constexpr [\w:]+ (?P<name>\w+) = (?P<before>(?:[\w:]+\{)?)(?P<number>[\d.]+)(?P<after>\}?);")
SKIPPED = re.compile(r"^\s*(?://|#|case |template|using )|operator|for \(|while \(")


@dataclasses.dataclass(frozen=True)
class Mutation:
    path: pathlib.Path
    number: int
    line: str
    mutated: str
    constant: str = ""

    def is_one(self):
        return self.mutated != self.line

    def text(self):
        return f"{self.path.name}:{self.number}: {self.line.strip()}\n    as {self.mutated.strip()}"

    def reason_of_equivalence(self):
        for (name, line, mutated), reason in EQUIVALENT.items():
            if name == self.path.name and line in self.line and mutated in self.mutated:
                return reason
        return None


def numbers_beside(text):
    """Twice and half; an odd whole number is one off."""
    if "." in text:
        return (repr(float(text) * 2), repr(float(text) / 2))
    whole = int(text)
    return (str(whole * 2), str(whole // 2) if whole > 1 else "0")


def mutations_of_line(path, number, line):
    code = line.split("  //")[0]
    if SKIPPED.search(code):
        return
    # What a header compares is for messages only.
    for operator, others in OPERATORS.items() if path.suffix == ".cc" else ():
        for found in re.finditer(re.escape(operator), code):
            for other in others:
                yield Mutation(path, number, line, code[: found.start()] + other + code[found.end() :])
    constant = CONSTANT.search(code)
    if constant:
        for number_text in numbers_beside(constant["number"]):
            begin, end = constant.span("number")
            yield Mutation(path, number, line, code[:begin] + number_text + code[end:], constant["name"])


def all_mutations(names):
    for name in names:
        path = DECIDE / name
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            yield from mutations_of_line(path, number, line)


class Builder:
    """Compiles and links with the commands of the build, in a directory of its own."""

    def __init__(self, build):
        self.build = build
        commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
        self.compile = {pathlib.Path(it["file"]): it for it in commands}
        self.links = {name: self.link_command(name) for name in ("decide_test", "shed_simulation")}

    def link_command(self, program):
        listed = subprocess.run(
            ["ninja", "-C", self.build, "-t", "commands", f"tests/{program}"], capture_output=True, text=True, check=True
        )
        link = [line for line in listed.stdout.splitlines() if f"-o tests/{program}" in line][-1]
        # ": && g++ … && :"
        return next(part for part in link.split("&&") if f"-o tests/{program}" in part).strip()

    def sources_of(self, mutation):
        if mutation.path.suffix == ".cc":
            return [mutation.path]
        is_used = re.compile(rf"\b{mutation.constant}\b")
        return [path for path in sorted(DECIDE.glob("shed*.cc")) if is_used.search(path.read_text(encoding="utf-8"))]

    def compile_one(self, source, include, place):
        command = shlex.split(self.compile[source]["command"])
        if "ccache" in command[0]:
            command = command[1:]
        target = place / (source.name + ".o")
        command[command.index("-o") + 1] = str(target)
        mutated = include / "decide" / source.name
        command[command.index("-c") + 1] = str(mutated if mutated.exists() else source)
        command.insert(1, f"-I{include}")
        command += COMPILER_OPTIONS
        self.run(command)
        return target

    def run(self, command):
        subprocess.run(command, cwd=self.build, check=True, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})

    def objects_of(self, mutation, place):
        """What has the mistake in it, compiled."""
        include = place / "include"
        (include / "decide").mkdir(parents=True)
        lines = mutation.path.read_text(encoding="utf-8").splitlines()
        lines[mutation.number - 1] = mutation.mutated
        (include / "decide" / mutation.path.name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return [str(self.compile_one(source, include, place)) for source in self.sources_of(mutation)]

    def program(self, name, objects, place):
        # Before the libraries: what is defined already is not taken from them.
        link = self.links[name].replace(f"-o tests/{name}", f"{' '.join(objects)} -s -o {place}/{name}")
        self.run(shlex.split(link))
        return place / name


def fails(command):
    try:
        return subprocess.run(command, capture_output=True, timeout=SECONDS_MAX).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def find_killer(builder, mutation):
    """Who finds it, or None."""
    with tempfile.TemporaryDirectory(prefix="shed-mutation-") as folder:
        place = pathlib.Path(folder)
        try:
            objects = builder.objects_of(mutation, place)
            if fails([builder.program("decide_test", objects, place), *UNIT_TESTS]):
                return "unit test"
            simulation = builder.program("shed_simulation", objects, place)
        except subprocess.CalledProcessError as error:
            return "compiler" if mutation.is_one() else f"compiler: {error.stderr}"
        for arguments in SIMULATIONS:
            if fails([simulation, *arguments]):
                return "simulation"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--all", action="store_true", help="every file of it")
    parser.add_argument("--only", default="", help="lines that contain this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()

    every = sorted(path.name for pattern in ("shed_*.cc", "shedding.cc", "shed_scene.h") for path in DECIDE.glob(pattern))
    wanted = [it for it in all_mutations(every if options.all else CHOSEN) if options.only in it.line]
    builder = Builder(options.build.resolve())
    path = DECIDE / CHOSEN[0]
    first = path.read_text(encoding="utf-8").splitlines()[0]
    killer = find_killer(builder, Mutation(path, 1, first, first))
    if killer is not None:
        print(f"fails also without a mistake: {killer}")
        return 1
    killed, known, survivors = {}, [], []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutation, killer in zip(wanted, pool.map(lambda it: find_killer(builder, it), wanted)):
            if killer is not None:
                killed[killer] = killed.get(killer, 0) + 1
                continue
            reason = mutation.reason_of_equivalence()
            (survivors if reason is None else known).append(mutation)
            print(f"{'nobody finds' if reason is None else 'makes no difference'}: {mutation.text()}", flush=True)
    summary = ", ".join(f"{count} by {who}" for who, count in sorted(killed.items()))
    print(f"{len(wanted)} mistakes: found {summary}; {len(known)} make no difference; {len(survivors)} found by nobody")
    return 1 if survivors or not killed else 0


if __name__ == "__main__":
    sys.exit(main())
