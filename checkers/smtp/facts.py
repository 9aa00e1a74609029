"""From an SMTP server's answers to facts; pure."""

from __future__ import annotations

from collections.abc import Mapping

from troth.checker import Facts, Failure, Reason, complete, partial
from troth.checkers.network.replies import Reply
from troth.checkers.smtp.ask import READY, Opening, Protection
from troth.checkers.smtp.recipients import Asked
from troth.checkers.spoken.caller import no_tls


def greeting(seen: Opening) -> Facts:
    """Return the facts of the facet ``greeting``; raises nothing."""
    answers = {"code": _code(seen.greeting), "extensions": _extensions(seen.hello)}
    return _facts(answers, {"greeting": seen.greeting, "EHLO": seen.hello})


def protection(begun: Opening, seen: Protection) -> Facts:
    """Return the facts of the facet ``protection``; raises nothing."""
    if begun.implicit:
        answers = {"mode": "implicit", "plain_login": _deaf(seen.deaf)}
    else:
        answers = {"mode": _mode(seen), "plain_login": _login(begun.hello, seen.hello)}
    said = {"EHLO": seen.hello, "STARTTLS": seen.starttls, "NOOP": seen.control}
    return _facts(answers, said)


def recipients(seen: Asked) -> Facts:
    """Return the facts of the facet ``recipients``; raises nothing."""
    rows = [{"address": address, "code": code} for address, code in seen.codes]
    if seen.stopped is None:
        return Facts({"asked": complete(rows)})
    values = {"asked": partial(rows)} if rows else {}
    return Facts(values, {"asked": seen.stopped})


def keywords(hello: Reply) -> set[str]:
    """Return the extensions that EHLO names, upper case (RFC 5321 section 4.1.1.1)."""
    found = set()
    for line in hello.lines[1:]:
        # AUTH=LOGIN is how servers older than RFC 2554 name it, and some still do for them.
        words = line.upper().replace("AUTH=", "AUTH ").split()
        found.update(words[:1])
    return found


def _code(answer: Reply | Failure) -> int | Failure:
    return answer.code if isinstance(answer, Reply) else answer


def _extensions(hello: Reply | Failure) -> object:
    return hello if isinstance(hello, Failure) else complete(keywords(hello))


def _mode(seen: Protection) -> str | Failure:
    answer, control = seen.starttls, seen.control
    if not isinstance(answer, Reply):
        return answer or _unproven("STARTTLS was not asked")
    if answer.code == READY:
        return "starttls" if seen.tls and seen.tls.yes else no_tls(seen.tls)
    if not answer.firm:
        return _unproven(f"STARTTLS was answered {answer}")
    if isinstance(seen.hello, Failure):
        return seen.hello  # STARTTLS before a hello is a bad sequence of commands
    if not isinstance(control, Reply) or not control.good:
        return _unproven(f"STARTTLS was answered {answer}, and then the server was gone")
    return "none"


def _login(before: Reply | Failure, hello: Reply | Failure | None) -> str | Failure:
    """Tell whether AUTH was named in either conversation; behind one address may be two servers."""
    said = [answer for answer in (before, hello) if isinstance(answer, Reply)]
    if any("AUTH" in keywords(answer) for answer in said):
        return "offered"
    if not isinstance(hello, Reply):
        return hello or _unproven("EHLO was not asked")
    return "not-offered"


def _deaf(deaf: str | Failure) -> str | Failure:
    if isinstance(deaf, Failure):
        return deaf
    return "refused" if deaf else _unproven("plain words were not clearly refused")


def _unproven(text: str) -> Failure:
    return Failure(Reason.UNPROVEN, text)


def _facts(answers: Mapping[str, object], said: Mapping[str, Reply | Failure | None]) -> Facts:
    values = {name: value for name, value in answers.items() if not isinstance(value, Failure)}
    missing = {name: value for name, value in answers.items() if isinstance(value, Failure)}
    codes = {what: answer.code for what, answer in said.items() if isinstance(answer, Reply)}
    return Facts(values, missing, {"codes": codes})
