"""What PostgreSQL and libpq say when they will not answer, by what it means."""

from __future__ import annotations

from troth.checker import Call
from troth.checkers.database.watch import CutShort
from troth.model import Failure, Reason

#: By SQLSTATE, or its first letters. Source: appendix A of the PostgreSQL manual.
_BY_STATE = (
    ("42501", Reason.PERMISSION_DENIED, "may not {action}"),
    ("42P01", Reason.NOT_SUPPORTED, "this version has no {what}"),
    ("42703", Reason.NOT_SUPPORTED, "{what} of this version lacks a column"),
    ("42883", Reason.NOT_SUPPORTED, "this version has no {what}"),
    ("42704", Reason.NOT_SUPPORTED, "this version lacks a role or setting that {what} needs"),
    ("57014", Reason.TIMEOUT, "{what} took longer than timeout_seconds"),
    ("55P03", Reason.TIMEOUT, "{what} is locked by another session"),
    ("25P03", Reason.TIMEOUT, "{what} took longer than timeout_seconds"),
    ("53", Reason.THROTTLED, "the server has no room for {what}"),
    ("57P03", Reason.UNREACHABLE, "the server is starting, stopping or recovering"),
    ("57", Reason.UNREACHABLE, "the server ended the session before {what} was read"),
    ("08", Reason.UNREACHABLE, "the connection broke before {what} was read"),
)
#: What libpq and the server say before there is a session, when there is no SQLSTATE to go by.
#: Sources: the messages of libpq and of the server's authentication in version 15 to 18.
_BY_WORDS = (
    (
        ("no pg_hba.conf entry", "pg_hba.conf rejects"),
        Reason.PERMISSION_DENIED,
        "pg_hba.conf lets nobody in from here like this; sslmode and host of the target decide",
    ),
    (
        ("requirement", "requested a cleartext password"),
        Reason.NOT_ALLOWED,
        "it asks for the password in clear; set sslmode: verify-full, then it is given",
    ),
    (
        ("too many connections", "too many clients", "connection slots"),
        Reason.THROTTLED,
        "it has no connection left",
    ),
    (
        ("starting up", "shutting down", "recovery"),
        Reason.UNREACHABLE,
        "the server is starting or stopping",
    ),
    (
        ("certificate", "SSL", "TLS", "tlsv"),
        Reason.UNREACHABLE,
        "TLS failed; look at sslmode and sslrootcert of the target and the server's certificate",
    ),
    (
        ("authentication failed", "no password supplied", "does not exist", "not permitted to log"),
        Reason.EXPIRED_CREDENTIALS,
        "the account or its password was refused; look at PGUSER, PGPASSFILE or the service file",
    ),
    (
        ("definition of service", "service file"),
        Reason.EXPIRED_CREDENTIALS,
        "the service is not in the service file; look at service of the target",
    ),
    (("timeout expired", "timed out"), Reason.TIMEOUT, "the server did not answer"),
)


def failure_of(error: BaseException, declared: Call) -> Failure | None:
    """Return what an error of a session means, or None if it is none; quotes no server."""
    if isinstance(error, CutShort):
        return Failure(Reason.TIMEOUT, f"{declared.operation} was not answered in time")
    if isinstance(error, UnicodeError | ValueError):
        return Failure(Reason.MALFORMED_RESPONSE, f"{declared.operation} is not readable")
    import psycopg

    if not isinstance(error, psycopg.Error):
        return None
    if error.sqlstate:
        return _by_state(error.sqlstate, declared)
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return Failure(Reason.TIMEOUT, "the server did not answer")
    if not isinstance(error, psycopg.OperationalError):
        return Failure(Reason.MALFORMED_RESPONSE, f"{declared.operation} is not readable")
    return _by_words(str(error), declared)


def _by_state(state: str, declared: Call) -> Failure:
    for start, reason, words in _BY_STATE:
        if state.startswith(start):
            action = declared.actions[0]
            text = words.format(action=action, what=declared.operation.partition(":")[2])
            permission = action if reason is Reason.PERMISSION_DENIED else ""
            return Failure(reason, text, permission)
    return Failure(Reason.MALFORMED_RESPONSE, f"{declared.operation} was refused ({state[:5]})")


def _by_words(text: str, declared: Call) -> Failure:
    if "permission denied for database" in text:
        action = "CONNECT on the database"
        words = f"may not connect to the database that {declared.operation} is read in"
        return Failure(Reason.PERMISSION_DENIED, words, action)
    for signs, reason, words in _BY_WORDS:
        if any(sign in text for sign in signs):
            permission = "a line in pg_hba.conf" if reason is Reason.PERMISSION_DENIED else ""
            return Failure(reason, words, permission)
    return Failure(Reason.UNREACHABLE, "no session came about, or it broke; try psql with the same")
