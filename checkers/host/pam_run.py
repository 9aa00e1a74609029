"""What a PAM stack answers when its modules answer so and so: libpam's walk through the stack.

Source: pam.conf(5) "CONTROL"; a stack that no module speaks for is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from troth.checkers.host.pam import Entry

_OK = {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore"}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "required": _OK | {"default": "bad"},
    "requisite": _OK | {"default": "die"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
}


@dataclass(frozen=True)
class Walk:
    """Whether the stack lets someone in, and the places of the modules that were asked."""

    opens: bool
    asked: tuple[int, ...]


def walk(entries: Sequence[Entry], answer: Callable[[Entry], str]) -> Walk:
    """Walk through a stack; ``answer`` gives a module's: success, auth_err or ignore."""
    asked: list[int] = []
    good: bool | None = None
    place = 0
    while place < len(entries):
        entry = entries[place]
        asked.append(place)
        action = _action(entry.control, answer(entry))
        place += 1
        if action.isdigit():
            place += int(action)
        elif action in ("bad", "die"):
            good = False
        elif action in ("ok", "done"):
            good = True if good is None else good
        elif action == "reset":
            good = None
        if action == "die" or (action == "done" and good):
            break
    return Walk(good is True, tuple(asked))


def _action(control: str, answer: str) -> str:
    if control.startswith("["):
        pairs = (pair.partition("=") for pair in control.strip("[]").split())
        actions: Mapping[str, str] = {name: action for name, _, action in pairs}
    else:
        actions = _WORDS.get(control, _WORDS["required"])
    return actions.get(answer, actions.get("default", "bad"))
