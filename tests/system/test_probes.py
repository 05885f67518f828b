#!/usr/bin/python3
"""Probes of real programs: one that hangs is restarted, one that the machine keeps from answering is not, and TLS."""

import datetime
import os
import signal

import harness
from harness import SystemTest, wait_until
from real_programs import Apache

TLS_SERVER = """
import http.server, ssl, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"fine")
    def log_message(self, *words):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
open(sys.argv[3], "w").write(str(server.server_port))
server.serve_forever()
"""


class Probes(SystemTest):
    def asked_apache(self, warn_per_cpu):
        """An apache that is up and asked each second, the processes of it, and its daemon."""
        apache = Apache(self)
        main = apache.start()
        probe = {"http": f"http://127.0.0.1:{apache.port}/", "status": [200, 403, 404], "every": "1s",
                 "timeout": "500ms", "failures": 2}
        daemon = self.daemon({
            "cycle": "1s",
            "load": {"warn_per_cpu": warn_per_cpu},
            "services": {"apache": {**apache.settings(), "probes": [probe]}}})
        daemon.wait_state("apache", "up")
        return apache, [main, *harness.descendants(main)], daemon

    def test_an_apache_that_hangs_is_restarted(self):
        # Whatever else this machine does: here a time-out is the fault of apache.
        apache, processes, daemon = self.asked_apache(warn_per_cpu=1000)
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: apache.main(other_than=processes[0]), lambda: f"a new apache\n{daemon.log()}")
        wait_until(apache.answers, "apache to answer")
        daemon.wait_restarted("apache", 1)
        timeouts = daemon.metrics().by("systemcheck_probe_failures_total", "class")["timeout"]
        self.assertGreaterEqual(timeouts, 2)

    def test_an_apache_that_hangs_on_an_overloaded_machine_is_left_alone(self):
        self.spawn(["nice", "sh", "-c", "while :; do :; done"])
        wait_until(lambda: os.getloadavg()[0] > 0, "some load")
        apache, processes, daemon = self.asked_apache(warn_per_cpu=0.001)
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        daemon.wait_state("apache", "overloaded")
        metrics = daemon.wait_metrics(
            lambda m: m.by("systemcheck_restarts_suppressed_total", "reason").get("overloaded") == 1, "it to be counted")
        self.assertEqual(metrics.by("systemcheck_service_restarts_total", "service").get("apache", 0), 0)
        for pid in processes:
            os.kill(pid, signal.SIGCONT)
        daemon.wait_state("apache", "up")
        self.assertEqual(apache.main(), processes[0])

    def test_a_hidden_certificate_is_read_and_its_end_told(self):
        key, certificate, port_file = (self.directory / name for name in ("key.pem", "cert.pem", "port"))
        self.run_ok(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                     "-days", "30", "-subj", "/CN=localhost"])
        server = self.spawn(["/usr/bin/python3", "-c", TLS_SERVER, str(certificate), str(key), str(port_file)])
        wait_until(lambda: port_file.exists() and port_file.read_text(), "the port")
        probe = {"http": f"https://127.0.0.1:{port_file.read_text()}/", "contains": "fine", "every": "1s"}
        daemon = self.daemon({"cycle": "1s", "services": {"web": {
            "mode": "observe", "match": {"exe": os.readlink(f"/proc/{server.pid}/exe"), "cmdline": "serve_forever"},
            "probes": [probe]}}})
        metrics = daemon.wait_metrics(
            lambda m: list(m.family("systemcheck_probe_success").values()) == [1], "a successful probe")
        ends = metrics.by("systemcheck_probe_certificate_expiry_timestamp_seconds", "service")["web"]
        days = (datetime.datetime.fromtimestamp(ends) - datetime.datetime.now()).days
        self.assertIn(days, (29, 30))


if __name__ == "__main__":
    harness.main()
