#!/usr/bin/python3
"""Who may come in over HTTP, who may act, and what becomes of what they ask for."""

import json
import pathlib
import ssl
import socket

import harness
from harness import SystemTest, is_alive, wait_until
from prometheus_server import PrometheusServer
from standin import StandIn
from web_config import WebConfig, curl


class Acting(SystemTest):
    needs_programs = ("curl", "openssl")

    def guarded(self, users=("alice", "bob"), may_act=("alice",), has_tls=True, services=None, **more):
        self.web = WebConfig(self, users, has_tls, **more)
        self.socket_path = self.directory / "http.sock"
        daemon = self.daemon({"http": {"listen": ["127.0.0.1:0", f"unix:{self.socket_path}"], "web_config": str(self.web.path),
                                       "may_act": list(may_act)}, **(services or {})}, is_awaited=False)
        self.base = f"http{'s' if has_tls else ''}://127.0.0.1:{daemon.port}"
        wait_until(lambda: self.ask("/-/ready", "alice")[0] == 200, lambda: f"readiness {daemon.log()}")
        return daemon

    def ask(self, path, user=None, *more, password=None, base=None):
        login = ["-u", f"{user}:{password or f'secret of {user}'}"] if user else []
        return curl("-k", *login, *more, (base or self.base) + path)

    def token(self, user="alice"):
        return json.loads(self.ask("/api/v1/session", user)[1])["csrf"]

    def order(self, path, user="alice", *more, token=None, body="{}", kind="application/json", base=None):
        return self.ask(f"/api/v1/{path}", user, "-X", "POST", "-H", f"X-CSRF-Token: {token or self.token(user)}",
                        "-H", f"Content-Type: {kind}", "-d", body, *more, base=base)

    def with_service(self, **more):
        self.standin = StandIn(self)
        self.first = self.standin.start()
        return self.guarded(services={"services": {"standin": self.standin.settings()}, "groups": {"all-of-it": ["standin"]}}, **more)

    def test_every_page_asks_for_a_user_and_tls_keeps_what_is_said(self):
        self.guarded()
        for path in ("/", "/metrics", "/-/healthy", "/-/ready", "/api/v1/session", "/nowhere"):
            code, body = self.ask(path)
            self.assertEqual((code, json.loads(body)["status"]), (401, 401), path)
            self.assertEqual(self.ask(path, "alice")[0], 404 if path == "/nowhere" else 200)
        self.assertEqual(self.ask("/metrics", "alice", password="secret of bob")[0], 401)
        self.assertEqual(self.ask("/metrics", "mallory")[0], 401)
        # Who may open the socket's file is known as well by his password alone, in the clear.
        code, _ = self.ask("/metrics", "bob", "--unix-socket", str(self.socket_path), base="http://localhost")
        self.assertEqual(code, 200)
        self.assertEqual(curl("http" + self.base.removeprefix("https") + "/metrics")[0], 0)

    def test_a_service_is_restarted_and_the_answer_is_what_was_seen(self):
        daemon = self.with_service()

        code, body = self.order("services/standin/restart")

        self.assertEqual(code, 200, body)
        answer = json.loads(body)
        self.assertEqual([(one["name"], one["result"]) for one in answer["services"]], [("standin", "verified")])
        self.assertRegex(answer["asked_by"], r"^http alice from 127\.0\.0\.1:\d+$")
        self.assertFalse(is_alive(self.first))
        self.standin.wait_pid(other_than=self.first)
        self.assertIn("http alice from 127.0.0.1", daemon.ctl("history").stdout)
        self.assertIn('handler="/api/v1/services/NAME",code="200"', self.ask("/metrics", "alice")[1])

    def test_maintenance_begins_and_ends_for_a_whole_group(self):
        daemon = self.with_service()

        code, body = self.order("groups/all-of-it/maintenance", body='{"for": "2h", "reason": "new disks"}')
        self.assertEqual(code, 200, body)
        self.assertEqual(json.loads(body)["services"][0]["result"], "in force")
        self.assertIn("new disks", daemon.ctl("explain", "standin").stdout)

        self.assertEqual(self.order("groups/all-of-it/release")[0], 200)
        self.assertNotIn("new disks", daemon.ctl("explain", "standin").stdout)

    def test_nothing_is_done_for_who_may_not(self):
        self.with_service()
        path = "services/standin/stop"
        url = f"{self.base}/api/v1/{path}"
        token = self.token()
        bobs = json.loads(self.ask("/api/v1/session", "bob")[1])
        self.assertEqual((bobs["may_act"], bobs["csrf"]), (False, None))
        refused = {
            "without a password": curl("-k", "-X", "POST", url),
            "who may only look": self.order(path, "bob", token=token),
            "without a token": self.order(path, token="none"),
            "with an old token": self.order(path, token="1." + token.split(".")[1]),
            "from another site": self.order(path, "alice", "-H", "Origin: https://evil.example"),
            "from a page of nowhere": self.order(path, "alice", "-H", "Origin: null"),
            "across sites": self.order(path, "alice", "-H", "Sec-Fetch-Site: cross-site"),
            "as a form": self.order(path, kind="application/x-www-form-urlencoded"),
            "without a body that is JSON": self.order(path, body="["),
            "with more than is known": self.order(path, body='{"now": true}'),
            "to nobody": self.order("services/nobody/stop"),
            "to a group of that name": self.order("groups/standin/stop"),
            "with a word that is none": self.order("services/standin/explode"),
            "by GET": self.ask(f"/api/v1/{path}", "alice"),
            "for too long": self.order("services/standin/maintenance", body='{"for": "20000h", "reason": "x"}'),
        }
        expected = {"without a password": 401, "as a form": 415, "without a body that is JSON": 400, "with more than is known": 400,
                    "to nobody": 404, "to a group of that name": 404, "with a word that is none": (404, 405), "by GET": 405, "for too long": 400}
        for who, (code, body) in refused.items():
            wanted = expected.get(who, 403)
            self.assertIn(code, wanted if isinstance(wanted, tuple) else (wanted,), f"{who}: {body}")
        self.assertTrue(is_alive(self.first))

    def test_a_page_of_our_own_may_act(self):
        self.with_service()
        code, body = self.order("services/standin/clear", "alice", "-H", f"Origin: {self.base}", "-H", "Sec-Fetch-Site: same-origin")
        self.assertEqual(code, 200, body)

    def test_without_tls_only_this_machine_acts(self):
        self.with_service(has_tls=False)
        self.assertEqual(self.order("services/standin/clear")[0], 200)
        self.assertTrue(json.loads(self.ask("/api/v1/session", "alice")[1])["may_act"])

    def test_whoever_guesses_has_to_wait_and_nobody_else(self):
        daemon = self.guarded()
        codes = [self.ask("/metrics", "bob", password=str(i))[0] for i in range(12)]
        self.assertEqual(codes[:10], [401] * 10)
        self.assertEqual(codes[10:], [429] * 2)
        self.assertEqual(self.ask("/metrics", "alice")[0], 200)  # She is known.
        code, _ = self.ask("/metrics", "bob", "--unix-socket", str(self.socket_path), base="http://localhost")
        self.assertEqual(code, 200)
        self.assertIsNone(daemon.process.poll())

    def certificate(self, port):
        with socket.create_connection(("127.0.0.1", port), timeout=harness.PATIENCE) as plain:
            context = ssl._create_unverified_context()
            with context.wrap_socket(plain) as secret:
                return secret.getpeercert(binary_form=True)

    def test_a_renewed_certificate_and_changed_users_need_no_restart(self):
        daemon = self.guarded()
        old = self.certificate(daemon.port)
        self.web.make_certificate()
        wait_until(lambda: self.certificate(daemon.port) != old, "the new certificate")

        del self.web.config["basic_auth_users"]["bob"]
        self.web.write()
        wait_until(lambda: self.ask("/metrics", "bob")[0] == 401, "bob to be unknown")
        self.assertEqual(self.ask("/metrics", "alice")[0], 200)

        # What is broken changes nothing, and is said.
        self.web.write("basic_auth_users: {alice: hunter2}\n")
        daemon.logged(r"basic_auth_users\.alice: is not a bcrypt hash")
        daemon.logged("what was in force stays so")
        self.assertNotIn("hunter2", daemon.log())
        self.assertEqual(self.ask("/metrics", "alice")[0], 200)

    def test_what_is_wrong_with_the_file_is_said_before_anything_starts(self):
        web = WebConfig(self, has_tls=False)
        config = self.directory / "systemcheck.yaml"

        def check(may_act):
            harness.write_config(config, {"http": {"web_config": str(web.path), "may_act": may_act}})
            return harness.run([harness.program("systemcheckd"), "--config", config, "--check-config"])

        self.assertEqual(check(["alice"]).returncode, 0)
        self.assertIn("http.may_act: there is no user 'carol'", check(["carol"]).stderr)
        web.write("tls_server_config: {cert_file: none.crt, key_file: none.key}\nbasic_auth_user: {}\n")
        wrong = check(["alice"])
        self.assertEqual(wrong.returncode, 78)
        self.assertIn("web.yml:2:1: unknown key 'basic_auth_user'", wrong.stderr)

    def test_a_client_must_show_a_certificate_where_that_is_wanted(self):
        web = WebConfig(self)
        daemon = self.daemon({"http": {"listen": ["127.0.0.1:0"], "web_config": str(web.path)}}, is_awaited=False)
        self.base = f"https://127.0.0.1:{daemon.port}"
        wait_until(lambda: self.ask("/-/ready", "alice")[0] == 200, "readiness")
        client = self.directory / "client"
        client.mkdir()
        self.run_ok(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                     "-subj", "/CN=client", "-keyout", client / "key", "-out", client / "crt"])
        web.config["tls_server_config"].update(client_auth_type="RequireAndVerifyClientCert", client_ca_file=str(client / "crt"))
        web.write()
        wait_until(lambda: self.ask("/metrics", "alice")[0] == 0, "strangers to be refused")
        shown = ["--cert", str(client / "crt"), "--key", str(client / "key")]
        self.assertEqual(self.ask("/metrics", "alice", *shown)[0], 200)

    def test_prometheus_reads_the_same_file_and_scrapes_with_it(self):
        daemon = self.guarded(users=("alice", "prometheus"), may_act=(),
                              http_server_config={"headers": {"X-Frame-Options": "deny", "Strict-Transport-Security": "max-age=300"}})
        if not pathlib.Path("/usr/bin/prometheus").exists():
            self.skipTest("prometheus is not installed (see tests/system/packages.txt)")
        self.run_ok(["promtool", "check", "web-config", self.web.path])
        scrape = {"job_name": "systemcheck", "scheme": "https", "tls_config": {"ca_file": str(self.web.directory / "server.crt")},
                  "basic_auth": {"username": "prometheus", "password": "secret of prometheus"},
                  "static_configs": [{"targets": [f"127.0.0.1:{daemon.port}"]}]}
        server = PrometheusServer(self, {}, config={"scrape_configs": [scrape]})
        wait_until(lambda: [value for _, value in server.query('up{job="systemcheck"}')] == [1], server.log)
        _, headers = curl("-k", "-I", "-u", "alice:secret of alice", self.base + "/metrics")
        self.assertIn("Strict-Transport-Security: max-age=300", headers)
        self.assertIn("X-Frame-Options: deny", headers)


if __name__ == "__main__":
    harness.main()
