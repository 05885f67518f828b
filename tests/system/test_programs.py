#!/usr/bin/python3
"""Debian's real daemons, without systemd: killed, and back at work."""

import harness
from harness import SystemTest, identity, is_alive, wait_until
from real_programs import Apache, Named, Proftpd, Rsyslogd, Sshd


class RealPrograms(SystemTest):
    needs_own_table = True
    needs_programs = ("/usr/sbin/apache2", "/usr/sbin/proftpd", "/usr/sbin/sshd", "/usr/sbin/rsyslogd", "/usr/sbin/named")

    def comes_back(self, kind):
        """kill -9 of the main process, twice, and it answers again each time. The daemon and the program."""
        program = kind(self)
        name = kind.__name__.lower()
        main = program.start()
        daemon = self.daemon({
            "services": {name: program.settings()}, "restart_policy": {"backoff": "200ms"}})
        daemon.wait_state(name, "up")
        self.assertEqual(daemon.status()["services"][0]["main_pid"], main)
        for death in (1, 2):
            self.kill(main)
            before, main = main, wait_until(
                lambda: program.main(other_than=main), lambda: f"a new {name}\n{daemon.log()}")
            wait_until(program.answers, lambda: f"{name} to answer again\n{daemon.log()}")
            metrics = daemon.wait_restarted(name, death)
            self.assertEqual(metrics("systemcheck_service_restart_failures_total", service=name), 0, daemon.log())
            self.assertEqual(sum(metrics.family("systemcheck_service_deaths_total").values()), death, daemon.log())
            self.assertEqual(daemon.status()["services"][0]["main_pid"], main)
            self.assertFalse(is_alive(before))
        return daemon, program

    def test_proftpd(self):
        self.comes_back(Proftpd)

    def test_rsyslogd(self):
        self.comes_back(Rsyslogd)

    def test_named(self):
        self.comes_back(Named)

    def test_sshd(self):
        self.comes_back(Sshd)

    def apache_whose_workers_hold_the_port(self, settings):
        """Orphaned workers go on answering: that is no sign of life, and they would keep the new one out."""
        program = Apache(self)
        main = program.start()
        wait_until(lambda: len(program.workers()) >= 2, "workers")
        daemon = self.daemon({"services": {"apache": settings(program)}})
        daemon.wait_state("apache", "up")
        workers = [identity(pid) for pid in program.workers()]

        self.kill(main)

        new = wait_until(lambda: program.main(other_than=main), lambda: f"a new apache\n{daemon.log()}")
        wait_until(program.answers, "it to answer")
        daemon.wait_restarted("apache", 1)
        self.assertEqual([pid for pid, start in workers if identity(pid) == (pid, start)], [], "old workers are left")
        wait_until(lambda: len(program.workers()) >= 2, "new workers")
        self.assertTrue(all(int(harness.stat_fields(pid)[1]) == new for pid in program.workers()))
        self.assertNotIn("could not bind", (program.directory / "error.log").read_text() + daemon.log())

    def test_apache_whose_workers_hold_the_port(self):
        self.apache_whose_workers_hold_the_port(lambda program: program.settings())

    def test_apache_whose_workers_hold_the_port_with_the_preset(self):
        """Its unit file is installed here, but there is no systemd to ask."""
        self.apache_whose_workers_hold_the_port(
            lambda program: {"preset": "httpd", "mode": "act", "start": program.start_argv})

    def test_another_apache_beside_it_is_not_touched(self):
        """Two instances of one executable: each has its pid file, its workers, its own life."""
        one, two = Apache(self), ApacheBeside(self)
        first, other = one.start(), two.start()
        daemon = self.daemon({"services": {"one": one.settings(), "two": two.settings()}})
        daemon.wait_state("one", "up")
        daemon.wait_state("two", "up")
        others = {identity(pid) for pid in harness.descendants(other)} | {identity(other)}

        self.kill(first)

        wait_until(lambda: one.main(other_than=first), lambda: f"a new first one\n{daemon.log()}")
        wait_until(one.answers, "the first to answer")
        daemon.wait_restarted("one", 1)
        self.assertEqual({identity(pid) for pid, _ in others}, others, "the second one was touched")
        self.assertTrue(two.answers())
        self.assertEqual(daemon.metrics()("systemcheck_service_restarts_total", service="two", reason="down"), 0)

    def sshd_with_a_session(self, settings):
        """The listener is killed while somebody is logged in: it comes back, and nobody is thrown out."""
        program = Sshd(self)
        listener = program.start()
        client = program.log_in()
        # A parent this young could be the starter of its child, which then takes its place.
        wait_until(lambda: harness.age_seconds(listener) > 2.5, "a listener that is established")
        daemon = self.daemon({"services": {"sshd": settings(program)}})
        daemon.wait_state("sshd", "up")
        self.assertEqual(daemon.status()["services"][0]["main_pid"], listener)
        sessions = {identity(pid) for pid in program.sessions()}
        self.assertTrue(sessions)

        self.kill(listener)

        wait_until(lambda: program.main(other_than=listener), lambda: f"a new listener\n{daemon.log()}")
        wait_until(program.answers, "it to answer")
        daemon.wait_restarted("sshd", 1)
        self.assertEqual({identity(pid) for pid, _ in sessions}, sessions, f"a session was ended\n{daemon.log()}")
        self.assertTrue(program.is_logged_in(client))
        daemon.wait_cycles(2)
        self.assertTrue(program.is_logged_in(client))

    def test_sshd_keeps_its_sessions_with_the_preset(self):
        self.sshd_with_a_session(lambda program: {"preset": "sshd", "mode": "act", "start": program.start_argv})

    def test_sshd_keeps_its_sessions_with_a_pid_file(self):
        self.sshd_with_a_session(lambda program: program.settings())

    def test_sshd_keeps_its_sessions_with_the_preset_and_a_pid_file(self):
        self.sshd_with_a_session(lambda program: {
            "preset": "sshd", "mode": "act", "start": program.start_argv, "match": {"pidfile": str(program.pidfile)}})

    def test_an_sshd_session_is_no_listener(self):
        """Only a session is left, and nothing to restart with: the service must not look alive."""
        program = Sshd(self)
        listener = program.start()
        client = program.log_in()
        daemon = self.daemon({"services": {"sshd": {"preset": "sshd", "mode": "observe"}}})
        daemon.wait_state("sshd", "up")
        self.kill(listener)
        daemon.wait_state("sshd", "down")
        daemon.wait_cycles(2)
        self.assertEqual(daemon.metrics().state("sshd"), "down")
        self.assertTrue(program.is_logged_in(client))

    def test_all_of_them_at_once(self):
        programs = {kind.__name__.lower(): kind(self) for kind in (Apache, Proftpd, Sshd, Rsyslogd, Named)}
        mains = {name: program.start() for name, program in programs.items()}
        daemon = self.daemon({
            "services": {name: program.settings() for name, program in programs.items()},
            "restart_policy": {"host_limit": {"share": "100%"}}})
        for name in programs:
            daemon.wait_state(name, "up")
        for main in mains.values():
            self.kill(main)
        for name, program in programs.items():
            wait_until(lambda: program.main(other_than=mains[name]), lambda: f"a new {name}\n{daemon.log()}")
            wait_until(program.answers, f"{name} to answer")
            daemon.wait_restarted(name, 1)


class ApacheBeside(Apache):
    """A second instance, of another directory and port."""


if __name__ == "__main__":
    harness.main()
