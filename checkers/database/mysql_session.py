"""One read-only session with a MySQL or MariaDB server, with an end to it whatever the server does.

The client library would hand the password to any server that asks for it in clear, and would take
the key to encrypt it from that server. Both happen here only where nobody can stand between: over
a socket or loopback of this machine, or with a server whose certificate was verified.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from troth.checker import ObservationFailed, Reason
from troth.checkers.database import mysql_options
from troth.checkers.database.watch import watched

#: Rows that one question may bring; more are not read.
MOST = 200_000
CONNECT = 10.0
#: ``ssl_mode`` of a target, in the words of MySQL's own clients.
MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
_CHECKED = ("verify_ca", "verify_identity")
_LOOPBACK = ("127.", "::1", "localhost")
#: Ways of signing in that never show the password to the server.
_HARMLESS = ("", "mysql_native_password", "client_ed25519", "caching_sha2_password")


class Refused(Exception):
    """The server asked for the password in a way that another could listen to."""


@contextlib.contextmanager
def connected(target: Mapping[str, Any], seconds: float, database: str = "") -> Iterator[Any]:
    """Open a session that can write nothing; it is hung up on after ``seconds`` and one more.

    What the target does not say comes from the option files and from ``MYSQL_PWD``. Raises what
    PyMySQL raises, :class:`Refused`, and :class:`~troth.checkers.database.watch.CutShort`.
    """
    given = mysql_options.read(target)
    made = _connection(target, given, seconds, database)
    with (
        contextlib.closing(_socket(target, seconds)) as stream,
        watched(stream.fileno(), seconds + 1),
    ):
        made.connect(stream)
        with contextlib.closing(made):
            _limit(made, seconds)
            yield made


def rows(
    target: Mapping[str, Any],
    seconds: float,
    sql: str,
    parameters: Sequence[Any] = (),
    database: str = "",
) -> list[tuple[Any, ...]]:
    """Return the rows of one statement in a session of its own; see :func:`connected`."""
    with connected(target, seconds, database) as session:
        return taken(session, sql, parameters)


def taken(session: Any, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of one statement; more than :data:`MOST` raise ``not-supported``."""
    from pymysql.cursors import SSCursor

    found: list[tuple[Any, ...]] = []
    with contextlib.closing(SSCursor(session)) as cursor:
        cursor.execute(sql, parameters or None)
        for row in cursor.fetchall_unbuffered():
            found.append(tuple(row))
            if len(found) > MOST:
                text = f"a table of the server has more than {MOST} rows"
                raise ObservationFailed(Reason.NOT_SUPPORTED, text)
    return found


def is_private(target: Mapping[str, Any]) -> bool:
    """Tell whether the way to the server stays on this machine."""
    host = str(target["host"])
    return host.startswith(("/", "@", *_LOOPBACK))


def _socket(target: Mapping[str, Any], seconds: float) -> socket.socket:
    host, limit = str(target["host"]), min(CONNECT, seconds)
    if not host.startswith(("/", "@")):
        stream = socket.create_connection((host, int(target.get("port", 3306))), limit)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        stream.settimeout(limit)
        path = Path(host)
        stream.connect("\0" + host[1:] if host.startswith("@") else _socket_file(path))
    except OSError:
        stream.close()
        raise
    return stream


def _socket_file(path: Path) -> str:
    """Return the socket, which may be given by its folder."""
    if not path.is_dir():
        return str(path)
    return str(next((one for one in sorted(path.glob("*.sock"))), path / "mysqld.sock"))


def _connection(
    target: Mapping[str, Any], given: Mapping[str, str], seconds: float, database: str
) -> Any:
    from pymysql.connections import Connection

    mode = str(target.get("ssl_mode", "preferred"))
    host = str(target["host"])
    trusted = mode in _CHECKED or is_private(target)

    class Careful(Connection):  # type: ignore[misc]
        """A connection whose first answer shows the password to a trusted server only."""

        def _get_server_information(self) -> None:
            super()._get_server_information()
            asked = str(getattr(self, "_auth_plugin_name", ""))
            if asked not in _HARMLESS and not trusted:
                self._auth_plugin_name = "mysql_native_password"

    over_socket = host.startswith(("/", "@"))
    made = Careful(
        defer_connect=True,
        host="localhost" if over_socket else host,
        unix_socket=host if over_socket else None,
        user=target.get("user") or given.get("user") or getpass.getuser(),
        password=given.get("password") or os.environ.get("MYSQL_PWD", ""),
        database=database or None,
        charset="utf8mb4",
        sql_mode="",
        read_timeout=seconds,
        write_timeout=seconds,
        program_name="troth",
        auth_plugin_map={} if trusted else _guards(),
        ssl=None if over_socket else _context(mode, target, given),
        ssl_disabled=over_socket or mode == "disabled",
    )
    made._secure = over_socket  # the library knows it of sockets only that it opened itself
    if mode == "preferred":
        made._ssl_required = False  # a context of ours makes the library insist
        made.client_flag &= ~_ssl_flag()
    return made


def _ssl_flag() -> int:
    from pymysql.constants import CLIENT

    return int(CLIENT.SSL)


def _context(
    mode: str, target: Mapping[str, Any], given: Mapping[str, str]
) -> ssl.SSLContext | None:
    if mode == "disabled":
        return None
    authority = target.get("ssl_ca") or given.get("ssl-ca")
    if authority:
        authority = str(Path(target.get("base_dir", ".")) / str(authority))
    context = ssl.create_default_context(cafile=authority or None)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # as servers make their own certificates
    context.check_hostname = mode == "verify_identity"
    context.verify_mode = ssl.CERT_REQUIRED if mode in _CHECKED else ssl.CERT_NONE
    if given.get("ssl-cert"):
        context.load_cert_chain(given["ssl-cert"], given.get("ssl-key"))
    return context


def _guards() -> dict[str, Any]:
    """Return what answers instead of the ways of signing in that show the password."""
    from pymysql import _auth

    class Never:
        """Refuses a way of signing in."""

        def __init__(self, connection: Any) -> None:
            self.connection = connection

        def authenticate(self, packet: Any) -> Any:
            raise Refused

    class Fast(Never):
        """Takes part in caching_sha2_password as long as the server asks for a proof only."""

        def authenticate(self, packet: Any) -> Any:
            if packet.is_extra_auth_data() and packet.get_all_data()[1:2] == b"\x04":
                raise Refused
            return _auth.caching_sha2_password_auth(self.connection, packet)

    names = ("mysql_clear_password", "mysql_old_password", "sha256_password", "dialog")
    return dict.fromkeys(names, Never) | {"caching_sha2_password": Fast}


def _limit(session: Any, seconds: float) -> None:
    """Let the session read only, and the server itself end what takes too long."""
    is_mariadb = "mariadb" in str(session.get_server_info()).lower()
    longest = f"max_statement_time = {max(1, int(seconds))}"
    if not is_mariadb:
        longest = f"max_execution_time = {max(1000, int(seconds * 1000))}"
    for statement in (
        "SET SESSION TRANSACTION READ ONLY",
        f"SET SESSION {longest}, SESSION lock_wait_timeout = 5",
        "START TRANSACTION READ ONLY",
    ):
        with session.cursor() as cursor:
            cursor.execute(statement)
