#!/usr/bin/python3
"""What died is started once, whatever else happens: many deaths at once, bad neighbours, packages being upgraded.

The counted half of bench_restarts.py; how long it takes is not looked at here."""

import harness
import package_standin
from contenders import Systemcheck, build_parts, silent_port
from standin import FOR_EVER

SERVICES = 12
ROUNDS = 2
UPGRADES = 3


class WithHangingStart(Systemcheck):
    """One more neighbour: its start command never ends."""

    def neighbours(self):
        hanging = {"mode": "act", "match": {"exe": self.run_beside("hanging")},
                   "start": ["/usr/bin/sleep", FOR_EVER], "start_timeout": "1h"}
        return {**super().neighbours(), "hanging": hanging}

    def begin(self, **more):
        super().begin(**more)
        self.kill_beside("hanging")
        self.daemon.wait_state("hanging", "restarting")


class StartsOnce(harness.SystemTest):
    needs_own_table = True
    needs_programs = ("cc", "mount")

    def started_since(self, contender, before):
        return {name: count - before[name] for name, count in contender.fleet.count().items()}

    def test_twelve_at_once_beside_bad_neighbours(self):
        contender = WithHangingStart(self, build_parts(self), SERVICES, silent_port(self))
        contender.begin(neighbours=True)
        fleet, daemon = contender.fleet, contender.daemon
        before = fleet.count()
        for number in range(1, ROUNDS + 1):
            fleet.kill(fleet.names)
            for name in fleet.names:
                daemon.wait_restarted(name, number)
            contender.rest()
            self.assertEqual(self.started_since(contender, before), dict.fromkeys(fleet.names, number), daemon.log())
        self.assertEqual({name: len(pids) for name, pids in fleet.running().items()}, dict.fromkeys(fleet.names, 1))
        metrics = daemon.metrics()
        self.assertEqual(metrics.state("hanging"), "restarting")
        self.assertGreater(metrics("systemcheck_service_restart_failures_total", service="broken"), 0)
        contender.end()

    def test_nothing_is_started_beside_its_package(self):
        package_standin.private_state(self)
        contender = Systemcheck(self, build_parts(self), SERVICES // UPGRADES, silent_port(self))
        contender.begin()
        for _ in range(UPGRADES):
            self.assertEqual(contender.upgrade(contender.fleet.names, 0.2), 0, contender.daemon.log())
        restarts = contender.daemon.metrics().by("systemcheck_service_restarts_total", "service")
        self.assertEqual(restarts, dict.fromkeys(contender.fleet.names, 0), contender.daemon.log())
        contender.end()


if __name__ == "__main__":
    harness.main()
