"""Feeds the rules about length and names what they must refuse."""

import unittest

import shape
from source import Source


def messages(text, path="src/os/x.cc"):
    return [c.message for c in shape.check([Source(path, text)])]


class Length(unittest.TestCase):
    def test_400_lines_are_fine(self):
        self.assertEqual(messages("x\n" * 400), [])

    def test_401_lines_are_not(self):
        self.assertIn("401 lines", messages("x\n" * 401)[0])


class Names(unittest.TestCase):
    def assert_refused(self, line):
        self.assertEqual(len(messages(line + "\n")), 1, line)

    def test_declared_functions_that_hide_their_cost_are_refused(self):
        for line in (
            "int get_load();",
            "Result<Load> get_load(Host& host) {",
            "const Load& Snapshot::get_load() const {",
            "  void process_line(std::string_view line);",
            "static void handle_signal(int number) {",
            "char* get_name();",
        ):
            self.assert_refused(line)

    def test_calls_of_foreign_functions_are_fine(self):
        for line in ("auto user = get_current_dir_name();", "return get_nprocs();", "  process_cache_(cache),", "std::get<0>(x);", "auto all = app->get_subcommands();"):
            self.assertEqual(messages(line + "\n"), [], line)

    def test_evasive_types_are_refused(self):
        for line in ("class ServiceManager {", "struct StringUtils {", "class RequestHandler;", "namespace util {"):
            self.assert_refused(line)

    def test_the_word_of_systemd_is_fine(self):
        self.assertEqual(messages("enum class Manager {\n"), [])

    def test_evasive_files_are_refused(self):
        for path in ("src/base/util.cc", "src/base/string_utils.cc", "src/os/helpers.cc", "src/common/x.cc"):
            self.assertEqual(len(messages("x\n", path)), 1, path)

    def test_a_header_has_its_guard(self):
        self.assertEqual(messages("int x;\n", "src/os/x.h"), ["no #pragma once"])


class Types(unittest.TestCase):
    def complaints(self, *texts):
        sources = [Source(path, "#pragma once\n" + text) for path, text in texts]
        return [c.message for c in shape.check(sources)]

    def test_two_headers_do_not_define_the_same(self):
        for text in ("struct Entry {\n", "class Entry final : public Base {\n", "enum class Entry { one };\n"):
            self.assertEqual(self.complaints(("src/os/a.h", "struct Entry {\n"), ("src/menu/b.h", text)),
                             ["Entry: src/os/a.h has a type of that name"], text)

    def test_a_name_may_be_declared_and_used_inside_another_as_often_as_one_likes(self):
        self.assertEqual(self.complaints(("src/os/a.h", "struct Entry {\n  struct Place {\n"), ("src/os/b.h", "struct Entry;\nstruct Other {\n  struct Place {\n")), [])


class Unfinished(unittest.TestCase):
    def test_is_refused_in_a_comment_too(self):
        self.assertEqual(len(messages("// TODO: write it\n")), 1)


if __name__ == "__main__":
    unittest.main()
