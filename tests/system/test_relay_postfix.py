#!/usr/bin/python3
"""A real Postfix lets send who has just fetched his mail, and nobody else."""

import subprocess
import unittest

import harness
from relay_servers import (HERE, LISTED, LISTED6, LOCAL, RUN, STRANGER_TO_US, AskedOverASocket, HoweverItAsks, RelayPostfix,
                           TestOfAMailServer)


class Postfix(TestOfAMailServer):
    needs_programs = ("apt-get", "dpkg", "ip")
    maps = (("socketmap", "127.0.0.1:10061", "-"),)
    after_ours = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        unpacked = subprocess.run([HERE / "unpack_package.sh", "postfix", "postfix-lmdb"], check=False, capture_output=True, text=True)
        if unpacked.returncode:
            raise unittest.SkipTest(f"Debian's Postfix cannot be had: {unpacked.stderr.strip()}")
        cls.tree = unpacked.stdout.strip()

    def make_server(self):
        return RelayPostfix(self, self.tree, self.after_ours)


class PostfixSocketmap(AskedOverASocket, Postfix):
    hang_patience = 150


class PostfixLmdb(HoweverItAsks, Postfix):
    maps = (("postfix_lmdb", f"{RUN}/relay", "-"),)
    after_ours = f"systemcheck_relay_map = lmdb:{RUN}/relay\n"

    def check_short_address(self):
        """Left to the socketmap, or who is told from his neighbour by the end of his address would send, too."""
        self.denied(self.rcpt(LISTED6))

    def test_the_next_run_is_seen_by_an_open_session(self):
        self.begin()
        self.table.log_in(LISTED)
        session = self.session(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.table.kill()
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.table.start()
        self.denied(session.rcpt(STRANGER_TO_US))
        self.table.log_in(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))

    def test_many_changes_while_it_reads(self):
        self.accepted(self.send_during_changes(80).rcpt(LOCAL))


if __name__ == "__main__":
    harness.main()
