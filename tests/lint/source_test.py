"""Comments and literals must not hide code, and must not be taken for it."""

import unittest

from source import Source


def code(text):
    return "\n".join(Source("src/os/x.cc", text).code)


class Blanking(unittest.TestCase):
    def test_a_comment_is_no_code(self):
        self.assertNotIn("fork", code("a(); // fork()\n/* fork(\n */ b();"))

    def test_a_literal_is_no_code(self):
        self.assertNotIn("fork", code('say("do not fork() \\" fork()");'))

    def test_a_raw_literal_is_no_code(self):
        self.assertNotIn("fork", code('say(R"x(" fork() )" )x");'))

    def test_code_after_a_literal_stays(self):
        self.assertIn("fork()", code('say("//"); fork();'))

    def test_a_digit_separator_opens_no_literal(self):
        self.assertIn("fork()", code("wait(1'000); fork(); wait(2'000);"))

    def test_a_quote_in_a_character_opens_no_literal(self):
        self.assertIn("fork()", code("""if (c == '"') fork(); if (c == '\\'') x();"""))

    def test_lines_keep_their_numbers(self):
        self.assertEqual(code("/* 1\n2\n3 */ x").count("\n"), 2)


class Includes(unittest.TestCase):
    def test_are_found_with_their_lines(self):
        found = list(Source("src/os/x.cc", '#include <map>\n\n# include "os/host.h"  // why\n').includes)
        self.assertEqual([(i.line, i.name, i.is_own) for i in found], [(1, "map", False), (3, "os/host.h", True)])

    def test_in_a_comment_are_none(self):
        self.assertEqual(list(Source("src/os/x.cc", "/*\n#include <map>\n*/\n// #include <set>\n").includes), [])


if __name__ == "__main__":
    unittest.main()
