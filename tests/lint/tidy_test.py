import pathlib
import re
import unittest

import tidy

RULES = "Checks: >\n  -*,\n  bugprone-*,\n  -bugprone-signal,\n  clang-analyzer-*,\n  misc-static-assert\nWarningsAsErrors: '*'\n"


class Faked(tidy.Tidy):
    """Complains about texts that include what it is told to complain about."""

    def __init__(self, complaints, analyzes=True):
        super().__init__(RULES, analyzes)
        self.complaints = complaints  # a file that is included: the line that is said then
        self.looked_at = []

    def run(self, path, flags, checks):
        included = re.findall(r'"(.*)"', pathlib.Path(path).read_text(encoding="utf-8"))
        self.looked_at.append(included)
        return "".join(line for file, line in self.complaints.items() if file in included)


class FamiliesTest(unittest.TestCase):
    def test_are_those_that_are_asked_for_and_never_the_analyzer(self):
        self.assertEqual(tidy.families(RULES), ["bugprone", "misc"])

    def test_of_our_own_rules_leave_the_analyzer_in(self):
        rules = (tidy.ROOT / ".clang-tidy").read_text(encoding="utf-8")
        self.assertIn("bugprone", tidy.families(rules))
        self.assertNotIn("clang", tidy.Tidy(rules, True).by_itself)


class BatchesTest(unittest.TestCase):
    def test_hold_files_of_the_same_flags_and_each_once(self):
        flags_of = {f"/a{i}.cc": ("-O2",) for i in range(20)} | {"/b.cc": ("-O0",)}
        batches = list(tidy.batches(flags_of))
        self.assertEqual(sorted(file for files, _ in batches for file in files), sorted(flags_of))
        for files, flags in batches:
            self.assertLessEqual(len(files), tidy.TOGETHER_MAX)
            self.assertEqual({flags_of[file] for file in files}, {flags})


class UnfitTest(unittest.TestCase):
    FILES = ["/a.cc", "/b.cc", "/c.cc"]

    def test_is_nobody_if_all_is_well(self):
        self.assertEqual(Faked({}).unfit_of(self.FILES, ()), set())

    def test_is_who_is_named_and_the_others_are_looked_at_without_him(self):
        faked = Faked({"/b.cc": "/b.cc:3:1: error: redefinition of 'noon'\n"})
        self.assertEqual(faked.unfit_of(self.FILES, ()), {"/b.cc"})
        self.assertEqual(faked.looked_at, [self.FILES, ["/a.cc", "/c.cc"]])

    def test_is_everybody_if_it_is_a_header(self):
        faked = Faked({"/b.cc": "/b.h:3:1: error: invalid case style\n"})
        self.assertEqual(faked.unfit_of(self.FILES, ()), set(self.FILES))

    def test_is_everybody_if_nobody_is_named(self):
        self.assertEqual(Faked({"/a.cc": "clang-tidy ended with -11"}).unfit_of(self.FILES, ()), set(self.FILES))

    def test_is_one_that_would_be_alone(self):
        self.assertEqual(Faked({}).unfit_of(["/a.cc"], ()), {"/a.cc"})


class Asked(Faked):
    """Notes what it is asked of single files."""

    def run(self, path, flags, checks):
        self.looked_at.append((path, checks))
        return ""


class ComplaintsTest(unittest.TestCase):
    def test_of_a_file_that_stood_with_others_are_the_analyzer_s(self):
        asked = Asked({})
        asked.complaints_of("/a.cc", (), is_fit=True)
        self.assertEqual(asked.looked_at, [("/a.cc", asked.by_itself)])

    def test_of_one_that_could_not_are_all(self):
        asked = Asked({})
        asked.complaints_of("/a.cc", (), is_fit=False)
        self.assertEqual(asked.looked_at, [("/a.cc", "")])

    def test_are_not_the_analyzer_s_where_there_is_no_time_for_it(self):
        asked = Asked({}, analyzes=False)
        asked.complaints_of("/a.cc", (), is_fit=True)
        self.assertEqual(asked.looked_at, [])
        asked.complaints_of("/b.cc", (), is_fit=False)
        self.assertEqual(asked.looked_at, [("/b.cc", "-clang-analyzer-*")])


if __name__ == "__main__":
    unittest.main()
