"""Real OpenSSH servers on loopback, started as root, and what is needed to sign in to them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.tls.servers import free_port

_SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")


@dataclass
class Sshd:
    """A running server; root signs in with the key ``me``."""

    folder: Path
    port: int

    @property
    def log(self) -> str:
        """Return what the server wrote so far."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def logins(self) -> int:
        """Return how often somebody signed in."""
        return self.log.count("Accepted publickey")

    @property
    def connections(self) -> int:
        """Return how often somebody connected."""
        return self.log.count("Connection from ")

    def target(self, client: str, **ssh: Any) -> dict[str, Any]:
        """Return a target that signs in here as root."""
        known, me = str(self.folder / "known"), str(self.folder / "me")
        way = {"host": "127.0.0.1", "port": self.port, "user": "root", "client": client}
        way |= {"known_hosts": known, "identity": me}
        return {"id": "h", "type": "host", "ssh": way | ssh}


def key(path: Path) -> str:
    """Have ssh-keygen make a key; return its public half without a comment."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(command, check=True)
    return " ".join(Path(f"{path}.pub").read_text().split()[:2])


@contextlib.contextmanager
def sshd(folder: Path, *settings: str) -> Iterator[Sshd]:
    """Run a server with lines of sshd_config until the block ends."""
    if _SSHD is None or not shutil.which("ssh-keygen"):
        pytest.skip("missing: sshd")
    if os.geteuid() != 0:
        pytest.skip("missing: root, to take sign-ins of root")
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    server = Sshd(folder, free_port())
    host = key(folder / "host")
    (folder / "authorized").write_text(key(folder / "me") + "\n")
    (folder / "known").write_text(f"[127.0.0.1]:{server.port} {host}\n")
    lines = [
        f"Port {server.port}", "ListenAddress 127.0.0.1", f"HostKey {folder}/host", *settings,
        f"AuthorizedKeysFile {folder}/authorized", "StrictModes no", "UsePAM no", "PidFile none",
        "PermitRootLogin prohibit-password", "LogLevel VERBOSE", "MaxStartups 200:30:400",
    ]  # fmt: skip
    (folder / "config").write_text("\n".join(lines) + "\n")
    os.makedirs("/run/sshd", exist_ok=True)
    process = subprocess.Popen([_SSHD, "-D", "-f", folder / "config", "-E", folder / "log"])
    try:
        _await(server, process)
        yield server
    finally:
        process.terminate()
        process.wait()


def _await(server: Sshd, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if (server.folder / "log").exists() and "Server listening" in server.log:
            return
        assert process.poll() is None, server.log
        time.sleep(0.05)
    raise AssertionError("sshd does not listen")
