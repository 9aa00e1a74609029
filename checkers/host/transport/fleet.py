"""asyncssh, for many machines from one process: one event loop, and keys that are read once.

The machine's key is always checked. Signing in is by the agent's keys, a named key, or the usual
files of ``~/.ssh``; nothing is forwarded, no terminal is asked for, no configuration is read.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from troth.checker import Failure, Reason
from troth.checkers.host.transport import base
from troth.checkers.host.transport.base import Answer
from troth.checkers.host.transport.places import Place
from troth.checkers.network.loop import Shared

if TYPE_CHECKING:
    import asyncssh

#: What is offered: what every server of the last ten years has, the cheapest for us first.
_OFFERED: dict[str, Sequence[str]] = {
    "kex_algs": ("curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256",
                 "ecdh-sha2-nistp384", "mlkem768x25519-sha256"),
    "encryption_algs": ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com",
                        "chacha20-poly1305@openssh.com", "aes256-ctr", "aes128-ctr"),
    "mac_algs": ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com",
                 "hmac-sha2-256", "hmac-sha2-512"),
    "compression_algs": ("none",),
}  # fmt: skip
_USUAL = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk")
_shared = Shared()


@dataclass(frozen=True)
class Fleet:
    """asyncssh to one machine of many; ``known_hosts`` empty is the user's own file."""

    place: Place
    known_hosts: str = ""
    identity: str = ""
    sudo: bool = False
    connect: float = base.CONNECT
    seconds: float = base.WHOLE

    def ask(self, script: bytes) -> Answer:
        """Run the script there, over one login.

        The name is looked up and the connection made here, in the thread that waits anyway.
        """
        try:
            dialled = socket.create_connection((self.place.host, self.place.port), self.connect)
        except OSError as error:
            return Answer(b"", _refusal(error, self.place.authority, self.connect))
        with dialled:
            dialled.setblocking(False)
            return _shared.get().run(self._ask(script, dialled))

    async def _ask(self, script: bytes, dialled: socket.socket) -> Answer:
        found = bytearray()
        asyncio.get_running_loop().set_default_executor(_here)
        try:
            async with asyncio.timeout(self.seconds):
                failure = await self._talk(script, found, dialled)
        except TimeoutError:
            failure = base.too_late(self.seconds)
        return Answer(bytes(found), failure)

    async def _talk(
        self, script: bytes, found: bytearray, dialled: socket.socket
    ) -> Failure | None:
        try:
            connection = await self._connected(dialled)
        except Exception as error:
            return _refusal(error, self.place.authority, self.connect)
        try:
            return await self._run(connection, script, found)
        except Exception as error:
            return _refusal(error, self.place.authority, self.connect)
        finally:
            connection.abort()

    async def _connected(self, dialled: socket.socket) -> asyncssh.SSHClientConnection:
        import asyncssh

        trusted = _known(self.known_hosts or str(Path("~/.ssh/known_hosts").expanduser()))
        keys, agent = _keys(self.identity)
        return await asyncssh.connect(
            self.place.host,
            self.place.port,
            sock=dialled,
            username=self.place.user or getpass.getuser(),
            known_hosts=trusted,
            client_keys=keys,
            agent_path=agent,
            config=None,
            connect_timeout=self.connect,
            login_timeout=self.connect,
            x509_trusted_certs=None,
            x509_trusted_cert_paths=[],
            gss_auth=False,
            gss_kex=False,
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            agent_forwarding=False,
            **_OFFERED,
        )

    async def _run(
        self, connection: asyncssh.SSHClientConnection, script: bytes, found: bytearray
    ) -> Failure | None:
        process = await connection.create_process(
            base.remote(self.sudo), encoding=None, window=4 * 1024 * 1024, max_pktsize=65536
        )
        process.stdin.write(script)
        process.stdin.write_eof()
        complaints = asyncio.ensure_future(_read(process.stderr, bytearray(), 65536))
        try:
            if not await _read(process.stdout, found, base.LARGEST):
                return base.too_much()
            await process.wait_closed()
            said = bytes((await complaints) or b"").decode("utf-8", "replace")
        finally:
            complaints.cancel()
        status = process.exit_status
        if status == 0:
            return None
        if status is None:
            words = f"{self.place.authority}: the connection ended before the answer did"
            return Failure(Reason.UNREACHABLE, words)
        return base.ended(status, said, self.sudo)


async def _read(stream: Any, found: bytearray, most: int) -> bytearray | None:
    """Read to the end; None where there is more than ``most``."""
    while more := await stream.read(1 << 18):
        found += more
        if len(found) > most:
            del found[most:]
            return None
    return found


@lru_cache(maxsize=8)
def _known_at(path: str, changed: int) -> Any:
    import asyncssh

    return asyncssh.read_known_hosts(path)


def _known(path: str) -> Any:
    """Return the known keys of machines, read again when their file has changed."""
    return _known_at(path, os.stat(path).st_mtime_ns)


@lru_cache(maxsize=8)
def _keys(identity: str) -> tuple[Any, str | None]:
    """Return the keys to sign in with, and the agent's socket; a named key goes without agent."""
    import asyncssh

    if identity:
        return [asyncssh.read_private_key(identity)], None
    found = []
    for path in (Path("~/.ssh").expanduser() / name for name in _USUAL):
        try:
            found.append(asyncssh.read_private_key(str(path)))
        except (OSError, asyncssh.KeyImportError):  # not there, or under a passphrase
            continue
    agent = os.environ.get("SSH_AUTH_SOCK") or None
    # An empty list would mean the usual files once more; None means no key at all.
    return found or ([] if agent else None), agent


class _Here(ThreadPoolExecutor):
    """Runs at once what asyncssh hands to threads: its options, which is less than a wake-up."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run it now."""
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


_here = _Here(1)


def _refusal(error: Exception, where: str, connect: float) -> Failure:
    """Return why a machine could not be asked, from what asyncssh or the system raised."""
    import asyncssh

    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        words = "the machine's key is not the known one, or none is known; compare it and mend "
        return Failure(Reason.UNREACHABLE, f"{where}: {words}known_hosts")
    if isinstance(error, asyncssh.PermissionDenied):
        words = f"{where}: the machine refused the sign-in"
        return Failure(Reason.PERMISSION_DENIED, words, "sign in over SSH")
    if isinstance(error, TimeoutError):
        return Failure(Reason.TIMEOUT, f"{where}: the machine did not answer in {connect:g} s")
    if isinstance(error, socket.gaierror):
        return Failure(Reason.UNREACHABLE, f"{where}: the machine's name is not known")
    if isinstance(error, ConnectionRefusedError):
        return Failure(Reason.UNREACHABLE, f"{where}: the machine refused the connection")
    if isinstance(error, FileNotFoundError | PermissionError) and error.filename:
        words = f"{error.filename} cannot be read ({error.strerror}); name another in ssh"
        return Failure(Reason.UNREACHABLE, f"{where}: {words}")
    words = base.last_words(str(error)) or type(error).__name__
    return Failure(Reason.UNREACHABLE, f"{where}: {words}")
