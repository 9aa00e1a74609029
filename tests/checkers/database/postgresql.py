"""PostgreSQL servers of the tests' own: as installed here, with and without TLS."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

#: Everybody may do everything by the socket, so that a test can set up what it wants.
SOCKET = "local all all trust"
NETWORK = "host all all 127.0.0.1/32 scram-sha-256"


class Cluster:
    """A running server: ``folder`` holds its socket, ``port`` is on 127.0.0.1."""

    def __init__(self, folder: str, port: int) -> None:
        self.folder = folder
        self.port = port

    def target(self, **more: Any) -> dict[str, Any]:
        """Return the troth.yaml entry of a target that is this server, by its socket."""
        entry = {"id": "db", "type": "postgresql", "host": self.folder, "port": self.port}
        return {**entry, "user": "postgres", "name": "db", **more}

    def connect(self, user: str = "postgres", database: str = "postgres", **more: Any) -> Any:
        """Return a session that commits each statement."""
        import psycopg

        settings: dict[str, Any] = {"host": self.folder, "port": self.port}
        settings |= {"user": user, "dbname": database}
        return psycopg.connect(**(settings | more), autocommit=True)

    def sql(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser."""
        with self.connect(database=database) as session:
            for statement in statements:
                session.execute(statement.encode())

    def rules(self, *lines: str) -> None:
        """Replace pg_hba.conf, and wait until the server goes by it."""
        Path(f"{self.folder}/data/pg_hba.conf").write_text("\n".join(lines) + "\n")
        self.reload()

    def reload(self) -> None:
        """Load the configuration files again, and wait until that has happened."""
        with self.connect() as session:
            query = b"SELECT pg_conf_load_time()"
            before = session.execute(query).fetchone()
            session.execute(b"SELECT pg_reload_conf()")
            for _ in range(200):
                if session.execute(query).fetchone() != before:
                    return
                time.sleep(0.02)
        raise AssertionError("the server did not load its configuration")


@contextlib.contextmanager
def cluster(settings: Mapping[str, str], *, tls: bool = False) -> Iterator[Cluster]:
    """Run a new server with these settings; skips where there is none on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    path = ":".join([*map(str, found), os.environ.get("PATH", "")])
    initdb, control = (shutil.which(name, path=path) for name in ("initdb", "pg_ctl"))
    if initdb is None or control is None:
        pytest.skip("missing: postgresql")
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    with tempfile.TemporaryDirectory() as home:
        data = f"{home}/data"
        values = {"listen_addresses": "127.0.0.1", "port": str(_free_port()), "fsync": "off"}
        values |= {"unix_socket_directories": home, "max_connections": "30", **settings}
        if tls:
            _certificate(home)
            values |= {"ssl": "on", "ssl_cert_file": f"{home}/server.pem"}
            values |= {"ssl_key_file": f"{home}/server.key"}
        if user:
            subprocess.run(["chown", "-R", user, home], check=True)
        made = [initdb, "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]
        subprocess.run(made, check=True, capture_output=True, user=user, cwd=home)
        with open(f"{data}/postgresql.conf", "a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in values.items())
        Path(f"{data}/pg_hba.conf").write_text(f"{SOCKET}\n{NETWORK}\n")
        run = [control, "-D", data, "-w", "-s", "-l", f"{home}/log"]
        subprocess.run([*run, "start"], check=True, user=user, cwd=home)
        try:
            yield Cluster(home, int(values["port"]))
        finally:
            subprocess.run([*run, "-m", "immediate", "stop"], check=True, user=user, cwd=home)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _certificate(folder: str) -> None:
    """Make a certificate for localhost that signs itself."""
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3"]
    words += ["-keyout", f"{folder}/server.key", "-out", f"{folder}/server.pem"]
    words += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(words, check=True, capture_output=True)
    os.chmod(f"{folder}/server.key", 0o600)
