"""What a PAM stack really does: its lines in order, with every include written out.

Source: pam.conf(5), pam_pwquality(8), pam_passwdqc(8), pam_pwhistory(8), pam_unix(8).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

QUALITY = ("pam_pwquality.so", "pam_passwdqc.so", "pam_cracklib.so")
_LINE = re.compile(r"^-?(\w+)\s+(\[[^\]]*\]|\S+)\s+(\S+)\s*(.*)$")
_ARGUMENT = re.compile(r"\[((?:\\.|[^\]])*)\]|(\S+)")


@dataclass(frozen=True)
class Entry:
    """One module of a stack: its control word or bracket, its file name, its arguments."""

    control: str
    module: str
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def binds(self) -> bool:
        """Tell whether a refusal of this module refuses the whole stack."""
        if not self.control.startswith("["):
            return self.control in ("required", "requisite")
        return self._actions().get("default") in ("die", "bad")

    @property
    def may_skip(self) -> bool:
        """Tell whether a success here can end the stack or jump over the next modules."""
        if not self.control.startswith("["):
            return self.control == "sufficient"
        success = self._actions().get("success", "ignore")
        return success == "done" or success.isdigit()

    def _actions(self) -> dict[str, str]:
        pairs = (pair.partition("=") for pair in self.control.strip("[]").split())
        return {name: action for name, _, action in pairs}


def stack(files: Mapping[str, str], service: str, kind: str = "password") -> list[Entry]:
    """Return the modules of one kind for a service, includes and substacks written out.

    ``files`` is /etc/pam.d by name. A service without a file is served by ``other``.
    """
    return list(_entries(files, service if service in files else "other", kind, ()))


def password_service(files: Mapping[str, str]) -> str:
    """Return the service that decides about password changes: passwd, or what it would include."""
    names = ("passwd", "common-password", "system-auth")
    return next((name for name in names if name in files), "other")


def quality_module(entries: Sequence[Entry]) -> tuple[Entry | None, bool]:
    """Return the quality module that guards a change, and whether a line before may skip it.

    It guards if its refusal is final and it stands before pam_unix, which sets the password.
    """
    skippable = False
    for entry in entries:
        if entry.module == "pam_unix.so":
            break
        if entry.module in QUALITY and entry.binds:
            return entry, skippable
        skippable = skippable or entry.may_skip
    return None, False


def reuse_history(entries: Sequence[Entry], pwhistory: Mapping[str, str]) -> int:
    """Return how many old passwords are refused; ``pwhistory`` is /etc/security/pwhistory.conf.

    pam_pwhistory counts where its refusal is final and it stands before pam_unix (default 10);
    pam_unix has a ``remember`` of its own.
    """
    remembered = [0]
    before_unix = True
    for entry in entries:
        if entry.module == "pam_unix.so":
            remembered.append(_number(entry.arguments.get("remember"), 0))
            before_unix = False
        elif entry.module == "pam_pwhistory.so" and entry.binds and before_unix:
            asked = entry.arguments.get("remember", pwhistory.get("remember"))
            remembered.append(_number(asked, 10))
    return max(remembered)


def _entries(
    files: Mapping[str, str], service: str, kind: str, above: tuple[str, ...]
) -> Iterator[Entry]:
    if service in above or service not in files:
        return
    for line in _joined(files[service]):
        if line.startswith("@include"):
            yield from _entries(files, line.split()[1], kind, (*above, service))
            continue
        found = _LINE.match(line)
        if not found or found[1].lower() != kind:
            continue
        if found[2] in ("include", "substack"):
            yield from _entries(files, found[3].rsplit("/", 1)[-1], kind, (*above, service))
        else:
            yield Entry(found[2], found[3].rsplit("/", 1)[-1], _arguments(found[4]))


def _joined(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", " ").splitlines():
        said = line.split("#", 1)[0].strip()
        if said and (not said.startswith("@") or len(said.split()) > 1):
            yield said


def _arguments(text: str) -> dict[str, str]:
    found = (bracketed or plain for bracketed, plain in _ARGUMENT.findall(text))
    return {name: value for name, _, value in (one.partition("=") for one in found)}


def _number(value: str | None, default: int) -> int:
    try:
        return int(value) if value is not None else default
    except ValueError:
        return default
