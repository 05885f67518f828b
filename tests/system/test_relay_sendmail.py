#!/usr/bin/python3
"""A real sendmail lets send who has just fetched his mail, and nobody else."""

import harness
from harness import wait_until
from relay_servers import (KNOWN_ANYWAY, LISTED, LOCAL, RUN, STRANGER_TO_US, AskedOverASocket, HoweverItAsks, RelaySendmail,
                           TestOfAMailServer)


class Sendmail(TestOfAMailServer):
    needs_programs = ("/usr/libexec/sendmail/sendmail", "/usr/sbin/makemap", "m4", "ip")
    maps = (("socketmap", f"unix:{RUN}/relay.sock", "-"),)
    before_ours = "dnl"

    def make_server(self):
        return RelaySendmail(self, self.before_ours)


class SendmailSocketmap(AskedOverASocket, Sendmail):
    pass


class SendmailHash(HoweverItAsks, Sendmail):
    maps = (("sendmail_hash", f"{RUN}/relay", "-"),)
    before_ours = "define(`SYSTEMCHECK_RELAY_MAP', `hash -a<MATCH> -T<TMPF> /run/systemcheck/relay')dnl"

    def test_nobody_keeps_the_map_and_time_goes_by(self):
        """What is in there says itself until when."""
        self.begin(keep=3)
        self.table.log_in(LISTED)
        session = self.session(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.table.kill()
        wait_until(lambda: not session.rcpt(STRANGER_TO_US).startswith("250 "), "its time to be over")
        self.denied(session.rcpt(STRANGER_TO_US))
        self.denied(self.rcpt(LISTED))
        self.assertIn(LISTED.encode(), (RUN / "relay.db").read_bytes(), "it still is in there")

    def test_the_next_run_is_seen_by_an_open_session(self):
        self.begin()
        self.table.log_in(LISTED)
        session = self.session(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.table.kill()
        self.table.start()
        self.denied(session.rcpt(STRANGER_TO_US))
        self.table.log_in(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))

    def test_there_is_no_map(self):
        self.begin()
        (RUN / "relay.db").unlink()
        self.later(self.rcpt(LISTED))
        self.accepted(self.rcpt(LISTED, LOCAL))
        self.accepted(self.rcpt(KNOWN_ANYWAY))

    def test_many_changes_while_it_reads(self):
        """Not one answer is wrong, and none is put off."""
        self.send_during_changes(150)


if __name__ == "__main__":
    harness.main()
