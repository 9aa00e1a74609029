"""vsftpd on loopback, as whoever runs the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkers.tls.authority import Issued
from tests.checkers.tls.servers import free_port

_VSFTPD = shutil.which("vsftpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

needs_vsftpd = pytest.mark.skipif(_VSFTPD is None, reason="vsftpd is not installed")


@contextlib.contextmanager
def vsftpd(folder: Path, issued: Issued, **settings: str) -> Iterator[int]:
    """Run vsftpd with TLS configured but not enabled; ``settings`` override; yield its port."""
    assert _VSFTPD is not None
    port = free_port()
    leaf, key, _ = issued.write(folder, "vsftpd")
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    usual = {
        "listen": "YES",
        "background": "NO",
        "run_as_launching_user": "YES",
        "listen_address": "127.0.0.1",
        "listen_port": str(port),
        "secure_chroot_dir": str(empty),
        "seccomp_sandbox": "NO",
        "anonymous_enable": "NO",
        "local_enable": "YES",
        "rsa_cert_file": str(leaf),
        "rsa_private_key_file": str(key),
        "require_ssl_reuse": "NO",
        "ssl_ciphers": "HIGH",
    }
    lines = [f"{name}={value}\n" for name, value in (usual | settings).items()]
    config = folder / "vsftpd.conf"
    config.write_text("".join(lines))
    process = subprocess.Popen([_VSFTPD, str(config)])
    try:
        wait_for(process, port)
        yield port
    finally:
        process.kill()
        process.wait()


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Return as soon as something listens; a process that ends first is an error."""
    for _ in range(1000):
        with contextlib.suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"the server ended with {process.wait(0.01)}")
    raise AssertionError("the server does not listen")
