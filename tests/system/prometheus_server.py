"""A Prometheus of Debian for one test."""

import contextlib
import http
import json
import urllib.error
import urllib.parse
import urllib.request

from harness import free_port


class PrometheusServer:
    """Scrapes {name of a machine: daemon} in the job systemcheck; `config` is what else its configuration says."""

    def __init__(self, test, machines, interval="500ms", config=None, args=()):
        self.directory = test.directory
        self.address = f"127.0.0.1:{free_port()}"
        targets = [{"targets": [f"127.0.0.1:{daemon.port}"], "labels": {"instance": name}} for name, daemon in machines.items()]
        path = self.directory / "prometheus.yml"
        path.write_text(json.dumps({
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "scrape_configs": [{"job_name": "systemcheck", "static_configs": targets}],
            **(config or {}),
        }))
        with open(self.directory / "prometheus.log", "wb") as log:
            test.spawn(["prometheus", f"--config.file={path}", f"--storage.tsdb.path={self.directory}/tsdb",
                        f"--web.listen-address={self.address}", *args], log)

    def ask(self, path, **parameters):
        """The data of one API answer, or None while it does not answer. A question that is wrong is an error."""
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == http.HTTPStatus.SERVICE_UNAVAILABLE:
                return None
            with contextlib.closing(error):
                raise AssertionError(f"{parameters}: {error.read().decode()}") from error
        except (urllib.error.URLError, ConnectionError):
            return None

    def query(self, expression):
        """[(labels, value)] of an instant query."""
        data = self.ask("query", query=expression)
        return [(one["metric"], float(one["value"][1])) for one in data["result"]] if data else []

    def log(self):
        return (self.directory / "prometheus.log").read_text()
