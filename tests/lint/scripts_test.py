"""Gives the lints that are shell scripts a small tree with a mistake in it, and one without."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
GOOD = {
    ".clang-format": "BasedOnStyle: Google\n",
    ".ci/run": "#!/usr/bin/env bash\nset -euo pipefail\ntrue\n",
    "src/x.cc": "int x = 1;\n",
    "contrib/man/x.8": ".Dd November 22, 2026\n.Dt X 8\n.Os\n.Sh NAME\n.Nm x\n.Nd do it\n",
    "contrib/plain": "no script at all: { [\n",
}


def lint(name, **changes):
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)
        for path, text in {**GOOD, **{key.replace("__", "/"): value for key, value in changes.items()}}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        (root / "tests/lint").mkdir(parents=True)
        script = shutil.copy(HERE / name, root / "tests/lint")
        return subprocess.run([script], capture_output=True, text=True)


class Scripts(unittest.TestCase):
    def assert_passes(self, result):
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def assert_refuses(self, result, words):
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(words, result.stdout + result.stderr)

    def test_a_good_tree_passes(self):
        for name in ("format.sh", "manual.sh", "shell.sh"):
            with self.subTest(name):
                self.assert_passes(lint(name))

    def test_an_unformatted_file_is_refused(self):
        self.assert_refuses(lint("format.sh", **{"src/y.cc": "int  x=1;\n"}), "src/y.cc:1")

    def test_a_page_with_a_mistake_is_refused(self):
        self.assert_refuses(lint("manual.sh", **{"contrib/man/y.1": GOOD["contrib/man/x.8"] + ".Oops\n"}), "Oops")

    def test_a_script_with_a_mistake_is_refused(self):
        self.assert_refuses(lint("shell.sh", contrib__y="#!/bin/sh\nset -e\nrm $1/*\n"), "SC2086")

    def test_a_script_that_goes_on_after_an_error_is_refused(self):
        self.assert_refuses(lint("shell.sh", contrib__y="#!/usr/bin/env bash\ntrue\n"), "go on after an error")


if __name__ == "__main__":
    unittest.main()
