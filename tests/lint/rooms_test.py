"""Feeds the include rules what they must refuse, and what they must let pass."""

import unittest

import rooms
from source import Source

ROOMS = rooms.parse_rooms("# comment\nbase :\nos : base\nconfig : base\ndaemon : base os\n")


def messages(path, text):
    return [c.message for c in rooms.check([Source(path, text)], ROOMS, {"yaml-cpp/": ["src/config/reader.cc"]})]


class Rooms(unittest.TestCase):
    def assert_complains(self, path, text, part):
        found = messages(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def test_a_listed_room_may_be_included(self):
        self.assertEqual(messages("src/os/x.cc", '#include "base/text.h"\n#include "os/x.h"\n'), [])

    def test_an_unlisted_room_may_not(self):
        self.assert_complains("src/config/x.h", '#include "os/host.h"\n', "room config may not include os")

    def test_a_room_above_may_not(self):
        self.assert_complains("src/base/x.h", '#include "daemon/daemon.h"\n', "room base may not include daemon")

    def test_a_program_may_include_every_room(self):
        self.assertEqual(messages("src/systemcheckd.cc", '#include "daemon/daemon.h"\n'), [])

    def test_an_include_without_its_room_is_refused(self):
        self.assert_complains("src/os/x.cc", '#include "x.h"\n', '"x.h" is not "room/file.h"')

    def test_a_relative_include_is_refused(self):
        self.assert_complains("src/os/x.cc", '#include "../base/text.h"\n', "is not")

    def test_a_folder_that_is_no_room_is_refused(self):
        self.assert_complains("src/attic/x.cc", "", "room attic is not in src/rooms.txt")

    def test_a_room_inside_a_room_is_refused(self):
        self.assert_complains("src/os/linux/x.cc", "", "no rooms inside")

    def test_rooms_may_not_go_in_circles(self):
        with self.assertRaisesRegex(ValueError, "os may not include base, which stands below it"):
            rooms.parse_rooms("os : base\nbase : os\n")

    def test_an_unreadable_line_of_rooms_is_refused(self):
        with self.assertRaisesRegex(ValueError, "rooms.txt:2"):
            rooms.parse_rooms("base :\nos - base\n")


class Map(unittest.TestCase):
    def rows(self, *names):
        return "".join(f"| `{name}` | what it is for |\n" for name in names)

    def test_a_row_a_room_is_fine(self):
        self.assertEqual(list(rooms.check_map(self.rows("base", "os", "config", "daemon"), ROOMS)), [])

    def test_a_missing_room_is_refused(self):
        self.assertEqual(len(list(rooms.check_map(self.rows("base", "os", "daemon"), ROOMS))), 1)

    def test_a_room_that_is_none_is_refused(self):
        self.assertEqual(len(list(rooms.check_map(self.rows("base", "os", "config", "daemon", "attic"), ROOMS))), 1)


class Libraries(unittest.TestCase):
    def test_the_adapter_may_include_its_library(self):
        self.assertEqual(messages("src/config/reader.cc", "#include <yaml-cpp/yaml.h>\n"), [])

    def test_nobody_else_may(self):
        found = messages("src/config/load.cc", "#include <yaml-cpp/yaml.h>\n")
        self.assertEqual(found, ["<yaml-cpp/yaml.h> may only be included by src/config/reader.cc"])

    def test_an_unknown_library_is_refused(self):
        self.assertIn("no library", messages("src/os/x.cc", "#include <boost/asio.hpp>\n")[0])

    def test_the_standard_library_and_the_kernel_are_free(self):
        self.assertEqual(messages("src/os/x.cc", "#include <map>\n#include <sys/types.h>\n#include <unistd.h>\n"), [])


if __name__ == "__main__":
    unittest.main()
