"""What MySQL, MariaDB and PyMySQL say when they will not answer, by what it means."""

from __future__ import annotations

from troth.checker import Call
from troth.checkers.database.mysql_session import Refused
from troth.checkers.database.watch import CutShort
from troth.model import Failure, Reason

_SIGN_IN = "the account or its password was refused; look at user, option_file or MYSQL_PWD"
#: By the number of the error. Source: "Server Error Message Reference" (MySQL), "MariaDB Error
#: Codes", and the client's own numbers from 2000.
_BY_NUMBER = {
    1044: (Reason.PERMISSION_DENIED, "may not {action}"),
    1045: (Reason.EXPIRED_CREDENTIALS, _SIGN_IN),
    1698: (Reason.EXPIRED_CREDENTIALS, _SIGN_IN),
    1130: (Reason.PERMISSION_DENIED, "this machine is not let in; make an account for its host"),
    1142: (Reason.PERMISSION_DENIED, "may not {action}"),
    1143: (Reason.PERMISSION_DENIED, "may not {action}"),
    1227: (Reason.PERMISSION_DENIED, "may not {action}"),
    1370: (Reason.PERMISSION_DENIED, "may not {action}"),
    1820: (Reason.EXPIRED_CREDENTIALS, "the password of troth's account has expired; change it"),
    1862: (Reason.EXPIRED_CREDENTIALS, "the password of troth's account has expired; change it"),
    3118: (Reason.EXPIRED_CREDENTIALS, "troth's account is locked"),
    4151: (Reason.EXPIRED_CREDENTIALS, "troth's account is locked"),
    1040: (Reason.THROTTLED, "the server has no connection left"),
    1203: (Reason.THROTTLED, "the account has no connection left"),
    1226: (Reason.THROTTLED, "the account has no connection left"),
    1205: (Reason.TIMEOUT, "{what} is locked by another session"),
    1969: (Reason.TIMEOUT, "{what} took longer than timeout_seconds"),
    3024: (Reason.TIMEOUT, "{what} took longer than timeout_seconds"),
    1049: (Reason.NO_DATA, "the database is no longer there"),
    1054: (Reason.NOT_SUPPORTED, "{what} of this version lacks a column"),
    1109: (Reason.NOT_SUPPORTED, "this version has no {what}"),
    1146: (Reason.NOT_SUPPORTED, "this version has no {what}"),
    1193: (Reason.NOT_SUPPORTED, "this version lacks a setting"),
    3159: (Reason.UNREACHABLE, "the server wants TLS; set ssl_mode of the target"),
    2026: (Reason.UNREACHABLE, "TLS failed; look at ssl_mode and ssl_ca of the target"),
    2059: (Reason.NOT_SUPPORTED, "PyMySQL does not know the way in which the account signs in"),
}
_CLEAR = "the server wants the password in clear; set ssl_mode: verify_identity, then it is given"


def failure_of(error: BaseException, declared: Call) -> Failure | None:
    """Return what an error of a session means, or None if it is none; quotes no server."""
    if isinstance(error, CutShort):
        return Failure(Reason.TIMEOUT, f"{declared.operation} was not answered in time")
    if isinstance(error, Refused):
        return Failure(Reason.NOT_ALLOWED, _CLEAR)
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return Failure(Reason.UNREACHABLE, "nothing listens there; look at host and port")
    if isinstance(error, UnicodeError | ValueError | IndexError | TypeError | LookupError):
        return Failure(Reason.MALFORMED_RESPONSE, f"{declared.operation} is not readable")
    import struct

    import pymysql

    if isinstance(error, struct.error | AssertionError):
        return Failure(Reason.MALFORMED_RESPONSE, f"{declared.operation} is not readable")
    return _said(error, declared) if isinstance(error, pymysql.MySQLError) else None


def _said(error: BaseException, declared: Call) -> Failure:
    number = number_of(error)
    if number in _BY_NUMBER:
        reason, words = _BY_NUMBER[number]
        action = declared.actions[0]
        text = words.format(action=action, what=declared.operation.partition(":")[2])
        return Failure(reason, text, action if reason is Reason.PERMISSION_DENIED else "")
    if 2000 <= number < 3000:
        return Failure(Reason.UNREACHABLE, "no session came about, or it broke")
    if number:
        return Failure(Reason.MALFORMED_RESPONSE, f"{declared.operation} was refused ({number})")
    return Failure(Reason.MALFORMED_RESPONSE, f"{declared.operation} is not readable")


def number_of(error: BaseException) -> int:
    """Return the number of an error of the server or the client, 0 without one."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) and not isinstance(first, bool) else 0
