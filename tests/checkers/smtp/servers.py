"""Exim on loopback, as whoever runs the tests; it delivers nothing."""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkers.ftp.servers import wait_for
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.servers import free_port

_EXIM = shutil.which("exim4", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

needs_exim = pytest.mark.skipif(_EXIM is None, reason="exim4 is not installed")

#: Takes support@, defers grey@, refuses everything else; nobody can sign in.
_CONFIG = """
exim_user = {user}
exim_group = {group}
never_users =
keep_environment =
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/exim.pid
primary_hostname = mail.example.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_certificate = {leaf}
tls_privatekey = {key}
host_lookup =
rfc1413_hosts =
acl_smtp_rcpt = recipients
acl_smtp_mail = sender
{settings}
begin acl
sender:
  deny condition = {demands}
       !encrypted = *
       message = 530 5.7.0 Must issue a STARTTLS command first
  accept
recipients:
  accept local_parts = support
  defer local_parts = grey
        message = later
  deny message = unknown
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = false
"""


@contextlib.contextmanager
def exim(
    folder: Path, issued: Issued, *settings: str, implicit: bool = False, demands: bool = False
) -> Iterator[int]:
    """Run Exim with more ``settings`` of its configuration; yield its port.

    ``implicit`` makes it speak TLS from the first byte, ``demands`` refuse MAIL before TLS.
    """
    assert _EXIM is not None
    port = free_port()
    leaf, key, _ = issued.write(folder, "exim")
    more = [*settings, *([f"tls_on_connect_ports = {port}"] if implicit else [])]
    config = folder / "exim.conf"
    config.write_text(
        _CONFIG.format(
            user=getpass.getuser(),
            group=grp.getgrgid(os.getgid()).gr_name,
            folder=folder,
            port=port,
            leaf=leaf,
            key=key,
            settings="\n".join(more),
            demands="yes" if demands else "no",
        )
    )
    process = subprocess.Popen([_EXIM, "-bdf", "-C", str(config)])
    try:
        wait_for(process, port)
        yield port
    finally:
        process.kill()
        process.wait()
