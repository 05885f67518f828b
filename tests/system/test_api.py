#!/usr/bin/python3
"""What a program sees of a real daemon by HTTP: each answer is what contrib/doc/openapi.json says, and who follows is told."""

import http.client
import json
import re
import sqlite3
import time

import harness
from harness import PATIENCE, SOURCE, SystemTest, wait_until
from standin import StandIn

try:
    import jsonschema
except ImportError:
    jsonschema = None

DOCUMENT = json.loads((SOURCE / "contrib" / "doc" / "openapi.json").read_text())


def schema_of(path, code="200"):
    """Of an answer, with all that it refers to."""
    content = DOCUMENT["paths"][path]["get"]["responses"][code]["content"]
    return {**next(iter(content.values()))["schema"], "components": DOCUMENT["components"]}


class Stream:
    """One who follows."""

    def __init__(self, test, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        test.addCleanup(self.connection.close)
        self.connection.request("GET", "/api/v1/stream")
        self.answer = self.connection.getresponse()

    def events(self):
        """(kind, data) one after the other."""
        kind = ""
        for line in self.answer:
            text = line.decode().rstrip("\n")
            kind = text[7:] if text.startswith("event: ") else kind
            if text.startswith("data: "):
                yield kind, json.loads(text[6:])


class Api(SystemTest):
    def setUp(self):
        super().setUp()
        if jsonschema is None:
            self.skipTest("python3-jsonschema is not installed (see tests/system/packages.txt)")
        self.standin = StandIn(self)
        self.standin.start()
        relay = {"enabled": True, "logs": [str(self.directory / "maillog")], "trusted_origin": "ignored",
                 "publish": [{"plain_file": {"path": str(self.directory / "relay.txt")}}]}
        (self.directory / "maillog").touch()
        deaf = {"tcp": f"127.0.0.1:{harness.free_port()}", "fatal": False, "every": "1s"}
        self.settings = {"relay": relay, "services": {"standin": self.standin.settings(probes=[deaf])}}
        self.machine = self.daemon(self.settings)

    def ask(self, path, headers=None):
        status, body, answered = self.machine.http("/api/v1/" + path, headers)
        return status, json.loads(body) if body else None, answered

    def assert_valid(self, path, query="", template=None):
        status, answer, _ = self.ask(path + query)
        self.assertEqual(status, 200, answer)
        jsonschema.Draft202012Validator(schema_of("/api/v1/" + (template or path))).validate(answer)
        return answer

    def test_each_answer_is_as_it_is_described(self):
        self.kill(self.standin.wait_pid())
        self.machine.wait_metrics(lambda m: m("systemcheck_service_restarts_total", service="standin", reason="down") == 1, "a restart")
        for path in ("status", "services", "events", "series", "openapi.json"):
            self.assert_valid(path)
        one = self.assert_valid("services/standin", template="services/{name}")
        self.assertEqual([probe["name"].split()[0] for probe in one["probes"]], ["tcp"])
        self.assertIn("action", {event["kind"] for event in one["events"]})
        self.assert_valid("events", "?after=1&limit=2")
        self.assert_valid("series", "?name=load")
        self.assertEqual(self.assert_valid("services/poprelay", template="services/{name}")["service"]["name"], "poprelay")

    def test_each_error_is_a_problem(self):
        for path, described, code in (("services/nobody", "services/{name}", 404), ("events?limit=0", "events", 400), ("series?name=x", "series", 400)):
            status, answer, headers = self.ask(path)
            self.assertEqual((status, headers["content-type"]), (code, "application/problem+json"))
            jsonschema.Draft202012Validator(schema_of("/api/v1/" + described, str(code))).validate(answer)

    def test_the_description_is_whole(self):
        for schema in DOCUMENT["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)
        for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)):
            self.assertIn(name, DOCUMENT["components"]["schemas"])

    def test_who_follows_is_told_of_a_death(self):
        events = Stream(self, self.machine.port).events()
        kind, first = next(events)
        self.assertEqual(kind, "view")
        jsonschema.Draft202012Validator({"$ref": "#/components/schemas/StreamedView", "components": DOCUMENT["components"]}).validate(first)
        victim = self.standin.wait_pid()
        killed = time.monotonic()
        self.kill(victim)
        for _, view in events:
            self.assertLess(time.monotonic() - killed, PATIENCE)
            service = self.ask("services/standin")[1]["service"]
            if service["main_pid"] != victim:
                break
        print(f"told after {(time.monotonic() - killed) * 1000:.0f} ms", flush=True)
        self.assertGreater(view["sequence"], first["sequence"])

    def test_charts_survive_a_restart(self):
        written = wait_until(lambda: self.ask("series")[1]["times"], "a sample")
        self.assertEqual(self.machine.stop(), 0)
        state = self.machine.directory / "state" / "state.db"
        with sqlite3.connect(state) as history:
            self.assertEqual([at // 1_000_000 for (at,) in history.execute("SELECT at FROM samples")], written)
        history.close()
        again = self.daemon({**self.settings, "state_directory": str(state.parent)})
        times = json.loads(again.http("/api/v1/series")[1])["times"]
        self.assertEqual(times[: len(written)], written)


if __name__ == "__main__":
    harness.main()
