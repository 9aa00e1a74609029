"""From an FTP server's answers to facts; pure.

What is refused was refused with a code, and a control was answered afterwards: without TLS the
server still speaks, and inside TLS it goes on with the name that it refused outside.
"""

from __future__ import annotations

from collections.abc import Mapping

from troth.checker import Facts, Failure, Reason, complete
from troth.checkers.ftp.ask import CLOSING, MECHANISMS, USER, Opening, Protection
from troth.checkers.network.replies import Reply
from troth.checkers.spoken.caller import no_tls

#: FEAT is not known, so there are no features beyond RFC 959 (RFC 2389 section 3.2).
_NO_FEAT = (500, 502)
#: Codes that refuse protection of the data connection (RFC 2228 section 4, RFC 4217 section 9).
_NO_PROT = (500, 501, 502, 504, 534, 536)
_SIGN_IN_FIRST = 530


def greeting(seen: Opening) -> Facts:
    """Return the facts of the facet ``greeting``; raises nothing."""
    answers = {"code": _code(seen.greeting), "features": _features(seen.features)}
    return _facts(answers, {"greeting": seen.greeting, "FEAT": seen.features})


def protection(implicit: bool, seen: Protection) -> Facts:
    """Return the facts of the facet ``protection``; raises nothing."""
    mode = "implicit" if implicit else _mode(seen)
    answers = {"mode": mode, "data": _data(mode, seen), "plain_login": _plain(implicit, seen)}
    outside = {f"USER {number}": answer for number, answer in enumerate(seen.plain, 1)}
    inside = {f"{command} in TLS": answer for command, answer in seen.inside.items()}
    return _facts(answers, {**seen.auth, **outside, **inside})


def _code(answer: Reply | Failure) -> object:
    return answer.code if isinstance(answer, Reply) else answer


def _features(answer: Reply | Failure) -> object:
    if isinstance(answer, Failure):
        return answer
    if answer.code in _NO_FEAT:
        return complete([])
    if answer.code == 211:
        # The first and the last line are words of the server's own (RFC 2389 section 3.2).
        return complete({line.upper() for line in answer.lines[1:-1] if line})
    return _unproven(f"FEAT was answered {answer}")


def _mode(seen: Protection) -> str | Failure:
    for mechanism, answer in seen.auth.items():
        if isinstance(answer, Failure):
            return answer
        if answer.code == 234:
            return "explicit" if seen.hello and seen.hello.yes else no_tls(seen.hello)
        if not answer.firm:
            return _unproven(f"{mechanism} was answered {answer}")
    control = seen.plain[-1]
    if isinstance(control, Failure):
        return _unproven(f"AUTH was refused, and then: {control.message}")
    if len(seen.auth) < len(MECHANISMS) or control.code == CLOSING:
        return _unproven(f"AUTH was refused, and then USER was answered {control}")
    return "none"


def _data(mode: str | Failure, seen: Protection) -> str | Failure:
    if isinstance(mode, Failure):
        return mode
    if mode == "none":
        return "clear-only"
    answer, control = seen.inside.get("PROT P"), seen.inside.get(f"USER {USER}")
    if not isinstance(answer, Reply):
        return answer or _unproven("PROT P was not asked")
    if answer.good:
        return "protected"
    if not isinstance(control, Reply) or control.code == CLOSING:
        return _unproven(f"PROT P was answered {answer}, and then the server was gone")
    if answer.code == _SIGN_IN_FIRST:
        return "unsaid"
    refused = answer.code in _NO_PROT
    return "clear-only" if refused else _unproven(f"PROT P was answered {answer}")


def _plain(implicit: bool, seen: Protection) -> str | Failure:
    if implicit:
        if isinstance(seen.deaf, Failure):
            return seen.deaf
        return "refused" if seen.deaf else _unproven("plain words were not clearly refused")
    for answer in sorted(seen.plain, key=_onward, reverse=True):
        if isinstance(answer, Failure):
            return answer
        if answer.onward:
            return "asked-on"
        if not (answer.firm or answer.code == CLOSING):
            return _unproven(f"USER was answered {answer}")
    control = seen.inside.get(f"USER {USER}")
    if isinstance(control, Reply) and control.onward:
        return "refused"
    return _unproven(f"USER was answered {seen.plain[-1]}, inside TLS {_words(control)}")


def _onward(answer: Reply | Failure) -> bool:
    return isinstance(answer, Reply) and answer.onward


def _words(control: Reply | Failure | None) -> str:
    if isinstance(control, Failure):
        return f"not at all ({control.message})"
    return f"{control} too" if control else "it could not be asked"


def _unproven(text: str) -> Failure:
    return Failure(Reason.UNPROVEN, text)


def _facts(answers: Mapping[str, object], said: Mapping[str, Reply | Failure]) -> Facts:
    values = {name: value for name, value in answers.items() if not isinstance(value, Failure)}
    missing = {name: value for name, value in answers.items() if isinstance(value, Failure)}
    codes = {what: answer.code for what, answer in said.items() if isinstance(answer, Reply)}
    return Facts(values, missing, {"codes": codes})
