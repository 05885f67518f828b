#!/usr/bin/env python3
"""tidy.py [--analyze] BUILD [FILE…]: clang-tidy over every .cc of src/ and contrib/, or over these of them, as
.clang-tidy says, with the flags of that build. The static analyzer, which takes nine tenths of the time, looks only
where it is asked to, and at files that are named.

Most of the time of most checks goes into headers, the same ones in every file. So a room's files are looked at
together, as one text that includes them. Two things take a file by itself: the static analyzer, which looks
into functions of the main file only, and a few checks that are about what the main file itself says. Whatever
is found in a text of many, be it that two files cannot stand in one text, is no verdict yet: those
files are looked at by themselves, with all checks.

A file that passed is not looked at again until something that it is made of changes: itself, a header
of ours that it includes, the rules, its flags, or clang-tidy. What passed is remembered in the user's cache.
"""

import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

from source import Source

ROOT = pathlib.Path(__file__).resolve().parents[2]
REMEMBERED_MAX = 2000
TOGETHER_MAX = 15  # and both processors have something to do
OF_ITS_OWN = ["bugprone-suspicious-include", "misc-unused-alias-decls"]  # say nothing of included files


def own_includes(path, read, seen):
    """Every file of ours that `path` is made of, itself first."""
    if path in seen:
        return
    seen[path] = read(path)
    for include in Source(str(path), seen[path]).includes:
        target = ROOT / "src" / include.name
        if include.is_own and target.is_file():
            own_includes(target, read, seen)


def fingerprint(entry, common):
    parts = {}
    own_includes(pathlib.Path(entry["file"]), lambda path: path.read_text(encoding="utf-8"), parts)
    digest = hashlib.sha256(common)
    # The same source in another clone is the same source.
    digest.update(entry["command"].split(" -o ")[0].replace(str(ROOT), "").encode())
    for path, text in sorted(parts.items()):
        digest.update(f"\0{path.relative_to(ROOT)}\0{text}".encode())
    return digest.hexdigest()


def compiler_flags(entry):
    command = shlex.split(entry["command"])
    while os.path.basename(command[0]) == "ccache":
        command = command[1:]
    return tuple(command[1 : command.index("-o")])


def families(rules):
    """What .clang-tidy asks for, without the analyzer: bugprone, performance, …"""
    return sorted(set(re.findall(r"^  ([a-z]+)-", rules, re.MULTILINE)) - {"clang"})


class Tidy:
    """Two ways to ask clang-tidy, of one file and of several."""

    def __init__(self, rules, analyzes):
        self.analyzes = analyzes
        self.together = ",".join("-" + check for check in ["clang-analyzer-*", *OF_ITS_OWN])
        self.by_itself = ",".join([f"-{family}-*" for family in families(rules)] + OF_ITS_OWN)

    @staticmethod
    def run(path, flags, checks):
        done = subprocess.run(
            ["clang-tidy", "--quiet", f"--config-file={ROOT}/.clang-tidy", f"--checks={checks}", path, "--", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        return done.stdout or f"clang-tidy ended with {done.returncode}" if done.returncode else ""

    def unfit_of(self, files, flags):
        """Those of them that have to be looked at by themselves."""
        fit = list(files)
        with tempfile.TemporaryDirectory(prefix="systemcheck-tidy-") as scratch:
            text = pathlib.Path(scratch) / "together.cc"
            while len(fit) > 1:
                text.write_text("".join(f'#include "{file}"\n' for file in fit), encoding="utf-8")
                complaints = self.run(str(text), flags, self.together)
                if not complaints:
                    return set(files) - set(fit)
                named = {match[1] for match in re.finditer(r"^(/[^:]+):\d+:\d+: error:", complaints, re.MULTILINE)}
                if not named & set(fit):
                    break  # It is in a header: anybody's.
                fit = [file for file in fit if file not in named]
        return set(files)

    def complaints_of(self, file, flags, is_fit):
        if self.analyzes:
            return self.run(file, flags, self.by_itself if is_fit else "")
        return "" if is_fit else self.run(file, flags, "-clang-analyzer-*")


def batches(flags_of):
    """Files of the same flags, which are those of a room, a few at a time."""
    alike = collections.defaultdict(list)
    for file, flags in flags_of.items():
        alike[flags].append(file)
    for flags, files in alike.items():
        count = -(-len(files) // TOGETHER_MAX)
        for i in range(count):
            yield files[i::count], flags


def look(tidy, flags_of, on_verdict):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        unfit = set().union(*pool.map(lambda batch: tidy.unfit_of(*batch), batches(flags_of)))
        running = {
            pool.submit(tidy.complaints_of, file, flags, file not in unfit): file for file, flags in flags_of.items()
        }
        for done in concurrent.futures.as_completed(running):
            on_verdict(running[done], done.result())


def forget_oldest(cache):
    for old in sorted(cache.iterdir(), key=lambda path: path.stat().st_mtime)[:-REMEMBERED_MAX]:
        old.unlink()


def main():
    arguments = [word for word in sys.argv[1:] if word != "--analyze"]
    analyzes = len(arguments) < len(sys.argv[1:]) or len(arguments) > 1
    build = pathlib.Path(arguments[0]).resolve()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "systemcheck/tidy"
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, check=True).stdout
    rules = (ROOT / ".clang-tidy").read_text(encoding="utf-8")
    common = version + rules.encode()

    chosen = {str(pathlib.Path(file).resolve()) for file in arguments[1:]}
    marks = {}
    flags_of = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if chosen and entry["file"] not in chosen:
            continue
        if pathlib.Path(entry["file"]).is_relative_to(ROOT / "src") or "/contrib/" in entry["file"]:
            analyzed = cache / fingerprint(entry, common)
            mark = analyzed if analyzes else analyzed.with_suffix(".quick")
            if not analyzed.exists() and not mark.exists():
                marks[entry["file"]] = mark
                flags_of[entry["file"]] = compiler_flags(entry)
    if not marks:
        print("clang-tidy: nothing has changed since all was well")
        return 0

    failed = []

    def note(file, complaints):
        if complaints:
            failed.append(file)
            print(f"{file}:\n{complaints}", flush=True)
        else:
            marks[file].touch()

    look(Tidy(rules, analyzes), flags_of, note)
    forget_oldest(cache)
    print(f"clang-tidy: looked at {len(marks)} files, complained about {len(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
