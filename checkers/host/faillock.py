"""Whether a PAM stack locks an account after wrong passwords, and when; pure functions.

Source: pam_faillock(8), faillock.conf(5), pam_tally2(8). The module must be asked after a wrong
password, and refuse the right one once there were too many: settings alone lock nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from troth.checkers.host.pam import Entry
from troth.checkers.host.pam_run import walk
from troth.checkers.host.settings import integer

FAILLOCK, TALLY = "pam_faillock.so", ("pam_tally2.so", "pam_tally.so")
#: Modules that a password is shown to; the wrong one is refused by each.
_PASSWORDS = {"pam_unix.so", "pam_sss.so", "pam_ldap.so", "pam_winbind.so", "pam_krb5.so"}
#: Modules that ask what account it is: either answer is possible.
_WHO = {"pam_usertype.so", "pam_localuser.so", "pam_succeed_if.so", "pam_rootok.so"}
#: faillock.conf(5): what holds without a line.
_DENY, _SECONDS = 3, 600


class Unclear(Exception):
    """The settings cannot be told; the text says why."""


@dataclass(frozen=True)
class Lock:
    """After how many wrong passwords an account is locked, for how long, and root's too.

    ``seconds`` is None where only an administrator lifts it.
    """

    attempts: int
    seconds: int | None
    binds_root: bool


def lock(entries: Sequence[Entry], conf: Mapping[str, str]) -> Lock | None:
    """Return the lock that an ``auth`` stack puts on, or None: it locks nobody.

    ``conf`` is faillock.conf. With several locks the one that bites first counts. Raises
    :class:`Unclear` where a line names another file or a number is none.
    """
    found = [one for one in (_faillock(entries, conf), _tally(entries)) if one]
    return min(found, key=lambda one: one.attempts, default=None)


def _faillock(entries: Sequence[Entry], conf: Mapping[str, str]) -> Lock | None:
    mine = [one for one in entries if one.module == FAILLOCK]
    counts = _counted(entries, lambda one: one.module == FAILLOCK and "authfail" in one.arguments)
    if not mine or not counts or not _refused(entries, {FAILLOCK}):
        return None
    if any("conf" in one.arguments for one in mine):
        raise Unclear("a line of pam_faillock names a file of its own")
    each = [_settings(dict(conf) | dict(one.arguments)) for one in mine]
    if any(one is None for one in each):
        return None
    known = [one for one in each if one]
    return Lock(
        max(one.attempts for one in known),
        min((one.seconds for one in known if one.seconds), default=None),
        all(one.binds_root for one in known),
    )


def _settings(said: Mapping[str, str]) -> Lock | None:
    """Return what one line does; ``deny`` of 0 never locks, ``unlock_time`` of 0 for ever."""
    attempts = _number(said, "deny", _DENY)
    if attempts < 1:
        return None
    seconds = 0 if said.get("unlock_time") == "never" else _number(said, "unlock_time", _SECONDS)
    return Lock(attempts, seconds or None, "even_deny_root" in said)


def _tally(entries: Sequence[Entry]) -> Lock | None:
    """Return the lock of pam_tally2: from ``deny`` on, until reset if ``unlock_time`` lacks."""
    for entry in entries:
        if entry.module not in TALLY or _number(entry.arguments, "deny", 0) < 1:
            continue
        is_it = entry.__eq__
        if _counted(entries, is_it) and _refused(entries, set(TALLY)):
            seconds = _number(entry.arguments, "unlock_time", 0)
            root = "even_deny_root" in entry.arguments
            return Lock(_number(entry.arguments, "deny", 0), seconds or None, root)
    return None


def _counted(entries: Sequence[Entry], counts: Callable[[Entry], bool]) -> bool:
    """Tell whether every way to a wrong password comes by a module that counts it."""
    ways = [walk(entries, answer) for answer in _answers(entries, "auth_err", frozenset())]
    return bool(ways) and all(any(counts(entries[at]) for at in way.asked) for way in ways)


def _refused(entries: Sequence[Entry], locking: set[str]) -> bool:
    """Tell whether the right password of a locked account is refused on every way."""
    ways = [walk(entries, answer) for answer in _answers(entries, "success", frozenset(locking))]
    return not any(way.opens for way in ways)


def _answers(
    entries: Sequence[Entry], password: str, locking: frozenset[str]
) -> Iterator[Callable[[Entry], str]]:
    """Yield how modules answer, once for each that may take the password and who it may be.

    What is neither known nor asked for a password succeeds where it must, and fails where its
    success alone would let someone in: another way in, such as a fingerprint, is not judged.
    """

    def answering(who: str, deciding: str) -> Callable[[Entry], str]:
        def answer(entry: Entry) -> str:
            if entry.module == FAILLOCK or entry.module in TALLY:
                if entry.module in locking:
                    return "auth_err"
                return "ignore" if "authfail" in entry.arguments else "success"
            if entry.module in _PASSWORDS:
                return password if entry.module == deciding else "auth_err"
            if entry.module in _WHO:
                return "auth_err" if entry.module == "pam_rootok.so" else who
            if entry.module in ("pam_deny.so", "pam_permit.so"):
                return "success" if entry.module == "pam_permit.so" else "auth_err"
            return "auth_err" if entry.may_skip else "success"

        return answer

    for deciding in sorted({one.module for one in entries} & _PASSWORDS):
        yield answering("success", deciding)
        yield answering("auth_err", deciding)


def _number(said: Mapping[str, str], name: str, default: int) -> int:
    number = integer(said.get(name, str(default)))
    if number is None or number < 0:
        raise Unclear(f"{name} is no number")
    return number
