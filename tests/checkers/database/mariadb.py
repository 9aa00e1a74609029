"""A MariaDB server of the tests' own, on loopback and a socket, with TLS or without."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PLUGINS = Path("/usr/lib/mysql/plugin")


class Server:
    """A running server; ``root`` signs in over the socket without a password."""

    def __init__(self, folder: str, port: int) -> None:
        self.folder = folder
        self.socket = f"{folder}/s.sock"
        self.port = port

    def execute(self, *statements: str) -> None:
        """Run statements as root."""
        import pymysql

        session = pymysql.connect(unix_socket=self.socket, user="root", autocommit=True)
        with contextlib.closing(session), session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def target(self, **options: Any) -> dict[str, Any]:
        """Return a target that signs in as root over the socket, unless it says otherwise."""
        return {
            "id": "m", "type": "mysql", "host": self.socket, "user": "root", "name": "db1",
            "base_dir": self.folder, "option_file": "my.cnf",
        } | options  # fmt: skip

    def over_network(self, **options: Any) -> dict[str, Any]:
        """Return a target that connects to the port on loopback."""
        return self.target(host="127.0.0.1", port=self.port, **options)

    def sign_in(self, user: str, password: str) -> None:
        """Write the option file from which the account comes."""
        text = f'[client]\nuser = {user}\npassword = "{password}"\n'
        Path(self.folder, "my.cnf").write_text(text)


@contextlib.contextmanager
def running(*options: str, tls: bool = False) -> Iterator[Server]:
    """Run a server until the block ends; skips where there is none on this machine."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    made, program = (shutil.which(n, path=path) for n in ("mariadb-install-db", "mariadbd"))
    if made is None or program is None:
        pytest.skip("missing: mariadb-server")
    user = "mysql" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as folder:
        if user:
            shutil.chown(folder, user)
        # A server that starts deletes what others of its kind keep in the same temporary folder,
        # and many at once would use up the system's asynchronous requests.
        own = [f"--datadir={folder}/data", f"--tmpdir={folder}", "--innodb-use-native-aio=0"]
        shared = ["--no-defaults", *own]
        done = subprocess.run(
            [made, *shared, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=False, capture_output=True, text=True, user=user, cwd=folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        port = _free_port()
        started = [
            program, *shared, f"--socket={folder}/s.sock", f"--port={port}",
            "--bind-address=127.0.0.1", f"--pid-file={folder}/pid", f"--plugin-dir={PLUGINS}",
            "--innodb-flush-log-at-trx-commit=0", *(_tls(folder) if tls else ()), *options,
        ]  # fmt: skip
        log = Path(folder, "log")
        with log.open("wb") as written:
            process = subprocess.Popen(started, user=user, cwd=folder, stderr=written)
        try:
            server = Server(folder, port)
            _await(server, process, log)
            server.sign_in("root", "")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _tls(folder: str) -> list[str]:
    """Make an authority and a certificate for localhost, and return the server's options."""
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    names = ["-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"]
    subprocess.run(
        [*make, *names, "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", f"{folder}/key.pem",
         "-out", f"{folder}/cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    Path(folder, "key.pem").chmod(0o644)
    return [f"--ssl-cert={folder}/cert.pem", f"--ssl-key={folder}/key.pem"]


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(f"MariaDB ended: {log.read_text(errors='replace')[-2000:]}")
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
            if probe.connect_ex(server.socket) == 0:
                return
        time.sleep(0.05)
    pytest.fail("MariaDB did not start")
