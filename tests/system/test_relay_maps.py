#!/usr/bin/python3
"""A real sendmail lets send who has just fetched his mail, and nobody else."""

import shutil
import threading

import harness
from harness import SystemTest, wait_until
from relay_servers import (BLOCKED, BLOCKED_RECIPIENT, FAR, KNOWN_ANYWAY, LISTED, LISTED6, LOCAL, LONGER6, RUN,
                           STRANGER_TO_US, UNLISTED, WHOLE6, RelaySendmail, Session, Table)

BY_HASH = "define(`SYSTEMCHECK_RELAY_MAP', `hash -a<MATCH> -T<TMPF> /run/systemcheck/relay')dnl"


class MailServer(SystemTest):
    """One of them, the table, and how it is asked."""

    needs_root = True
    needs_own_table = True
    needs_programs = ("/usr/libexec/sendmail/sendmail", "/usr/sbin/makemap", "m4", "ip")
    maps = (("socketmap", f"unix:{RUN}/relay.sock", "-"),)
    before_ours = "dnl"

    def setUp(self):
        super().setUp()
        RUN.mkdir(mode=0o755)
        self.addCleanup(shutil.rmtree, RUN)

    def begin(self, keep=900):
        self.table = Table(self, self.maps, keep)
        self.server = RelaySendmail(self, self.before_ours)
        self.server.start()

    def session(self, client, patience=harness.PATIENCE):
        session = Session(client, self.server.port, patience)
        self.addCleanup(session.close)
        return session

    def rcpt(self, client, recipient=STRANGER_TO_US):
        """In a session of its own."""
        return self.session(client).rcpt(recipient)

    def accepted(self, answer):
        self.assertRegex(answer, r"^250 ")

    def denied(self, answer):
        self.assertRegex(answer, r"^5\d\d .*(Relaying denied|Relay access denied|Client host rejected|Access denied)")

    def later(self, answer):
        self.assertRegex(answer, r"^45\d ")


class HoweverItAsks:
    """The same for each map."""

    def test_who_has_fetched_mail_may_send_and_nobody_else(self):
        self.begin()
        self.denied(self.rcpt(LISTED))
        self.table.log_in(LISTED)
        self.table.log_in(FAR, "bob")
        self.accepted(self.rcpt(LISTED))
        self.accepted(self.rcpt(FAR))
        self.denied(self.rcpt(UNLISTED))
        self.accepted(self.rcpt(UNLISTED, LOCAL))

    def test_an_open_session_sees_it_at_once(self):
        self.begin()
        session = self.session(LISTED)
        self.denied(session.rcpt(STRANGER_TO_US))
        for _ in range(3):
            self.table.log_in(LISTED)
            self.accepted(session.rcpt(STRANGER_TO_US))
            self.table.remove(LISTED)
            self.denied(session.rcpt(STRANGER_TO_US))

    def test_it_is_over_when_its_time_is(self):
        self.begin(keep=2)
        session = self.session(LISTED)
        self.table.log_in(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.assertEqual(self.table.tell("wait"), "nobody is left")
        self.denied(session.rcpt(STRANGER_TO_US))
        self.denied(self.rcpt(LISTED))

    def test_what_is_blocked_stays_blocked(self):
        self.begin()
        self.table.log_in(LISTED)
        self.table.log_in(BLOCKED, "bob")
        self.assertRegex(self.rcpt(LISTED, BLOCKED_RECIPIENT), r"^5\d\d ")
        self.assertRegex(self.rcpt(BLOCKED), r"^5\d\d ")

    def test_clients_of_ip6(self):
        self.begin()
        self.table.log_in(WHOLE6)
        self.table.log_in(LISTED6, "bob")
        self.accepted(self.rcpt(WHOLE6))
        self.check_short_address()
        self.denied(self.rcpt(LONGER6))

    def check_short_address(self):
        self.accepted(self.rcpt(LISTED6))

    def test_networks_that_always_may(self):
        self.begin()
        self.assertEqual(self.table.tell("always", "127.200.3.0/24"), "always")
        self.accepted(self.rcpt(FAR))
        self.denied(self.rcpt(LISTED))


class AskedOverASocket(HoweverItAsks):
    """What comes of it when there is nobody to ask."""

    def nobody_can_be_asked(self):
        """Who wants to relay is told to try again; all the rest goes on."""
        self.later(self.rcpt(LISTED))
        self.accepted(self.rcpt(LISTED, LOCAL))
        self.accepted(self.rcpt(KNOWN_ANYWAY))
        self.assertRegex(self.rcpt(BLOCKED), r"^[45]\d\d ")

    def test_the_table_is_not_ready(self):
        self.begin()
        self.table.log_in(LISTED)
        self.table.tell("ready", "no")
        self.nobody_can_be_asked()
        self.table.tell("ready", "yes")
        self.accepted(self.rcpt(LISTED))

    def test_the_table_is_dead_and_comes_back(self):
        self.begin()
        self.table.log_in(LISTED)
        session = self.session(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.table.kill()
        self.nobody_can_be_asked()
        self.later(session.rcpt(STRANGER_TO_US))
        self.table.start()
        self.denied(self.rcpt(LISTED))
        self.table.log_in(LISTED)
        self.accepted(self.rcpt(LISTED))
        wait_until(lambda: session.rcpt(STRANGER_TO_US).startswith("250 "), "an open session to find it again", 5)

    def test_the_table_was_away_for_a_moment(self):
        """Of which an open session learns only when it asks again."""
        self.begin()
        self.table.log_in(LISTED)
        session = self.session(LISTED)
        self.accepted(session.rcpt(STRANGER_TO_US))
        self.table.kill()
        self.table.start()
        self.table.log_in(LISTED)
        wait_until(lambda: session.rcpt(STRANGER_TO_US).startswith("250 "), "an open session to find it again", 5)

    def test_the_table_hangs(self):
        """As long as the mail server is ready to wait."""
        self.begin()
        self.table.log_in(LISTED)
        answers = {}

        def ask(recipient):
            answers[recipient] = self.session(LISTED, self.hang_patience).rcpt(recipient)

        self.table.stop_answering()
        both = [threading.Thread(target=ask, args=(recipient,)) for recipient in (STRANGER_TO_US, LOCAL)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        self.table.go_on()
        self.later(answers[STRANGER_TO_US])
        self.accepted(answers[LOCAL])
        self.accepted(self.rcpt(LISTED))

    hang_patience = 250


class SendmailSocketmap(AskedOverASocket, MailServer):
    pass


class SendmailHash(HoweverItAsks, MailServer):
    maps = (("sendmail_hash", f"{RUN}/relay", "-"),)
    before_ours = BY_HASH

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
        self.begin()
        self.table.log_in(LISTED)
        session = self.session(LISTED)
        for number in range(150):
            self.table.log_in(f"127.3.{number // 100}.{number % 100 + 1}", f"user{number}")
            self.accepted(session.rcpt(STRANGER_TO_US))


if __name__ == "__main__":
    harness.main()
