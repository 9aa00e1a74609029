"""A real mail server that keeps what it is given: Exim on loopback, with everything queued."""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import shutil
import subprocess
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.checkers.ftp.servers import wait_for
from tests.notify.receiver import free_port

_EXIM = shutil.which("exim4", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

needs_exim = pytest.mark.skipif(_EXIM is None, reason="exim4 is not installed")

#: Takes mail for ops@ and delivers none of it: as root it would have nobody to deliver it as.
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
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
queue_only = true
acl_smtp_rcpt = recipients
acl_smtp_data = accept
begin acl
recipients:
  accept local_parts = ops
  deny message = unknown
"""


class Mailbox(NamedTuple):
    """What a server has taken."""

    folder: Path
    port: int

    def messages(self) -> list[EmailMessage]:
        """Return the messages in the queue, as Exim itself shows them."""
        ids = sorted(path.name[:-2] for path in (self.folder / "spool").rglob("*-H"))
        found = []
        for name in ids:
            command = [str(_EXIM), "-C", str(self.folder / "exim.conf"), "-Mvc", name]
            shown = subprocess.run(command, check=True, capture_output=True).stdout
            found.append(message_from_bytes(shown, policy=policy.default))
        return found


@contextlib.contextmanager
def exim(folder: Path) -> Iterator[Mailbox]:
    """Run Exim; yield its mailbox."""
    port = free_port()
    config = folder / "exim.conf"
    config.write_text(
        _CONFIG.format(
            user=getpass.getuser(),
            group=grp.getgrgid(os.getgid()).gr_name,
            folder=folder,
            port=port,
        )
    )
    process = subprocess.Popen([str(_EXIM), "-bdf", "-C", str(config)])
    try:
        wait_for(process, port)
        yield Mailbox(folder, port)
    finally:
        process.kill()
        process.wait()
