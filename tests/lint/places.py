#!/usr/bin/env python3
"""Where the clock may be asked, and where threads, locks and processes may come from."""

import dataclasses
import re
import sys

from source import Complaint, read_sources, report, tree_root


@dataclasses.dataclass(frozen=True)
class Rule:
    what: str
    pattern: re.Pattern
    places: tuple  # paths, or folders that end in "/"
    instead: str

    def allows(self, path):
        return any(path == place or (place.endswith("/") and path.startswith(place)) for place in self.places)


def _names(*names):
    """Calls of C functions, also as std:: or ::, but not members of the same name or longer names."""
    return re.compile(r"(?<![\w.>:])(?:std::|::)?(?:" + "|".join(names) + r")\s*\(")


RULES = (
    Rule(
        "asks the clock",
        re.compile(
            r"_clock::now\b|(?<![\w.>:])(?:std::|::)?"
            r"(?:time\s*\(\s*(?:nullptr|NULL|0|&)|(?:gettimeofday|clock_gettime)\s*\()"
        ),
        ("src/os/",),
        "take now as a parameter",
    ),
    Rule(
        "creates a process",
        _names("v?fork", "clone3?", "execv?[elp]*", "execvpe", "fexecve", "posix_spawnp?", "system", "popen", "wordexp"),
        ("src/os/",),
        "give an order to the Actuator",
    ),
    Rule(
        "creates a thread",
        re.compile(r"\bstd::(?:jthread|thread|async|packaged_task)\b(?!::)|(?<!\w)pthread_create\s*\("),
        ("src/os/", "src/publish/snmp.cc", "src/daemon/collector.cc"),
        "use EventLoop::aside",
    ),
    Rule(
        "shares state between threads",
        re.compile(
            r"\bstd::(?:\w*mutex|lock_guard|unique_lock|scoped_lock|shared_lock|condition_variable\w*|atomic\w*|"
            r"counting_semaphore|binary_semaphore|latch|barrier|call_once|once_flag|promise|future|shared_future)\b"
            r"|\bthread_local\b|\bvolatile\b|(?<!\w)pthread_mutex_\w+\s*\("
        ),
        ("src/os/",),
        "use a Board or an Inbox",
    ),
    Rule(
        "ends the program",
        _names("_?exit", "_Exit", "quick_exit", "abort", "terminate"),
        ("src/os/",),
        "return an error",
    ),
)


def check(sources, rules=RULES):
    for source in sources:
        for number, line in enumerate(source.code, start=1):
            for rule in rules:
                found = rule.pattern.search(line)
                if found and not rule.allows(source.path):
                    yield Complaint(source.path, number, f"{found.group().strip()} {rule.what}: {rule.instead}")


def main():
    return report(check(read_sources(tree_root(sys.argv))))


if __name__ == "__main__":
    sys.exit(main())
