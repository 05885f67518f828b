"""A web configuration file of Prometheus' exporters for one test, with a certificate and users of its own."""

import json

from harness import run

# Of "secret of NAME", with the smallest cost there is: htpasswd -nbBC 4.
HASHES = {"alice": "$2y$04$F5cLUDvDDcwfIrckiGgXUOsiFwvTywt/XyMlkh63XXJVfd3QODHGm",
          "bob": "$2y$04$QudTeZmRogzMMRp9XkF.N.bengZe6XTCU8UTG7PyTtBE9Y7lYtJPy",
          "prometheus": "$2y$04$zzHdKTpaH4.daJTsuCju8.A8fLwJg/5FQyXgIJ/pOIVcCMyqmfYxa"}


class WebConfig:
    def __init__(self, test, users=("alice",), has_tls=True, **more):
        self.test = test
        self.directory = test.directory / "web"
        self.directory.mkdir(exist_ok=True)
        self.path = self.directory / "web.yml"
        self.config = {"basic_auth_users": {user: HASHES[user] for user in users}, **more}
        if has_tls:
            self.make_certificate()
            self.config["tls_server_config"] = {"cert_file": "server.crt", "key_file": "server.key", **self.config.get("tls_server_config", {})}
        self.write()

    def make_certificate(self, name="localhost"):
        self.test.run_ok(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                          "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                          "-keyout", self.directory / "new.key", "-out", self.directory / "new.crt"])
        (self.directory / "new.key").rename(self.directory / "server.key")
        (self.directory / "new.crt").rename(self.directory / "server.crt")

    def write(self, text=None):
        scratch = self.directory / "scratch"
        scratch.write_text(json.dumps(self.config) if text is None else text)
        scratch.chmod(0o600)
        scratch.rename(self.path)


def curl(*args, said=None):
    """(status, body) of one request."""
    done = run(["curl", "-sS", "-w", "\n%{http_code}", "--max-time", "100", *args], said=said)
    body, _, code = done.stdout.rpartition("\n")
    return int(code), body + (done.stderr if code == "000" else "")
