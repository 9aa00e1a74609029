"""Keyed pseudonyms: other names for accounts, persons and addresses, equal for equal.

A pseudonym is HMAC-SHA-256 (RFC 2104) of what it stands for, under a key that stays with whoever
checks: without the key nobody can try out names until one fits, with it one can tell whose it is.
It is put in place before anything is hashed, so a replay judges the pseudonyms. That is sound where
facts are only compared with each other: what a rule takes apart is missing instead, with a reason.
Some measures compare texts exactly, others without regard to capitals and outer spaces; pseudonyms
stand both: of what differs in these only the letters are the same, some of them capital.

``account``
    numbers of twelve digits (AWS account ids, Google project numbers), wherever they stand.
``person``
    e-mail addresses, wherever they stand, and the facts in :data:`PERSONS`. Of those kinds the
    ids, the names, the words of failures and ``raw`` are not recorded either.
``ip``
    IPv4 and IPv6 addresses of single hosts, wherever they stand; networks (``10.0.0.0/8``),
    loopback and unspecified addresses stay.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from troth.checker import Facts, ObservationFailed, Resource
from troth.errors import InputError, Place, UsageError
from troth.model import TAGS, Failure, Reason

WHAT = ("account", "person", "ip")
#: Bytes of the shortest key: as many as the digest has (RFC 2104, section 3).
SHORTEST_KEY = 32

#: The facts that name persons, by kind; ``:`` behind a fact marks what ends in a login. A third
#: word is a name in the items of a list.
PERSONS: Mapping[str, frozenset[str]] = {
    "account": frozenset({"identity.login:"}),
    "account-trace": frozenset({"trace.login"}),
    "privileges": frozenset({"grants.held.login"}),
    "register.access-requests": frozenset({"row.account:", "row.approver", "row.requester"}),
    "register.access-reviews": frozenset({"row.reviewer", "row.revocations"}),
    "register.acknowledgements": frozenset({"row.person_id"}),
    "register.actions": frozenset({"row.owner"}),
    "register.agreements": frozenset({"row.party"}),
    "register.appraisals": frozenset({"row.person_id"}),
    "register.change-steps": frozenset({"row.person", "row.requester"}),
    "register.change-tests": frozenset({"row.developers", "row.tester"}),
    "register.customer-requests": frozenset({"row.customer"}),
    "register.customers": frozenset({"row.contacts", "row.customer"}),
    "register.data-handlers": frozenset({"row.person_id"}),
    "register.deletion-requests": frozenset({"row.customer"}),
    "register.disclosures": frozenset({"row.data_subject_ref"}),
    "register.disposals": frozenset({"row.party", "row.witness"}),
    "register.drills": frozenset({"row.participants"}),
    "register.entitlements": frozenset({"row.approver", "row.person_id:", "row.requester"}),
    "register.findings": frozenset({"row.risk_accepted_by"}),
    "register.incidents": frozenset({"row.reporter", "row.reviewer"}),
    "register.maintenance": frozenset({"row.customers"}),
    "register.offboarding": frozenset({"row.person_id"}),
    "register.policy-reviews": frozenset({"row.reviewer"}),
    "register.public-resources": frozenset({"row.approved_by"}),
    "register.publications": frozenset({"row.author", "row.reviewer"}),
    "register.report-requests": frozenset({"row.customer"}),
    "register.risks": frozenset({"row.owner"}),
    "register.role-changes": frozenset({"row.person_id"}),
    "register.roles": frozenset({"row.person_id"}),
    "register.shifts": frozenset({"row.person_id"}),
    "register.staff": frozenset({"row.person_id", "row.accounts:"}),
    "register.storage-plans": frozenset({"row.customer"}),
    "register.supervision": frozenset({"row.person_id", "row.supervisor"}),
    "register.systems": frozenset({"row.owner"}),
    "register.terminations": frozenset({"row.customer", "row.names"}),
    "register.training-results": frozenset({"row.person_id"}),
    "register.trainings": frozenset({"row.person_id"}),
    "register.workplaces": frozenset({"row.person_id"}),
    "sign-in": frozenset({"local_people.logins"}),
    "stored-password": frozenset({"storage.login"}),
}
#: Facts that are compared with networks or with names of a policy, which have no pseudonyms.
_TAKEN = {
    ("dns-name", "addresses.found"): "ip",
    ("register.access-reviews", "row.revocations"): "person",
    ("sign-in", "arrivals.addresses"): "ip",
    ("sign-in", "local_people.logins"): "person",
}

#: Sixteen letters, so that no pseudonym looks like a number or an address.
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_HEX = r"[0-9a-fA-F]{32,}"  # a digest, in which twelve digits in a row mean nothing
_FORMS = {
    "account": re.compile(rf"{_HEX}|(?<!\d)(?P<it>\d{{12}})(?!\d)"),
    "person": re.compile(r"(?P<it>(?<![\w.%+-])[\w.%+-]{1,64}@(?:[\w-]{1,63}\.)+[A-Za-z]{2,63})"),
    "ip": re.compile(
        r"(?P<it>(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)"
        r"|(?<![\w.:])[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:]|\.\d))"
        r"(?P<prefix>/\d{1,3}\b)?"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Pseudonyms:
    """Gives pseudonyms under a key for ``what``, which is some of :data:`WHAT`."""

    key: bytes
    what: frozenset[str]

    @property
    def about(self) -> Mapping[str, Any]:
        """Return what was replaced, and a name of the key by which runs can be told apart."""
        return {"what": sorted(self.what), "key_id": self._letters("key", "")}

    def facts(self, kind: str, facet: str, facts: Facts) -> Facts:
        """Return facts under pseudonyms.

        Raises :class:`~troth.checker.ObservationFailed` if a tag that decides about scope would
        need one: conditions take texts apart.
        """
        if facet == TAGS:
            return self._tags(kind, facts)
        missing = {name: self.failure(kind, why) for name, why in facts.missing.items()}
        values = {}
        for name, value in facts.values.items():
            made = self._fact(kind, f"{facet}.{name}", value)
            word = _TAKEN.get((kind, f"{facet}.{name}"), "")
            if made != value and word in self.what:
                missing[name] = Failure(Reason.NOT_ALLOWED, _TAKEN_APART[word])
            else:
                values[name] = made
        raw = {} if self._names_persons(kind) else _each(facts.raw, self.text)
        return Facts(values, missing, raw)

    def failure(self, kind: str, failure: Failure) -> Failure:
        """Return a failure whose words name nobody."""
        if self._names_persons(kind):
            return replace(failure, message=_NO_WORDS)
        return Failure(failure.reason, self.text(failure.message), self.text(failure.permission))

    def resource(self, kind: str, resource: Resource) -> Resource:
        """Return a resource whose id and name name nobody; different ids stay different."""
        if self._names_persons(kind):
            name = resource.name and self._pseudonym("person", resource.name)
            shown = f"{kind}/{self._letters('id', resource.id)}"
            return Resource(shown, name, self.text(resource.partition))
        return Resource(*map(self.text, resource))

    def text(self, text: str) -> str:
        """Return a text with pseudonyms for everything in it that can be told by its form."""
        for what in ("person", "account", "ip"):
            if what in self.what:
                text = _FORMS[what].sub(partial(self._found, what), text)
        return text

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield where :meth:`text` would put a pseudonym, and for what."""
        for what in sorted(self.what):
            for found in _FORMS[what].finditer(text):
                if self._found(what, found) != found.group():
                    yield found.start(), what

    def _found(self, what: str, found: re.Match[str]) -> str:
        it = found["it"]
        if it is None or (what == "ip" and not _is_host(it, found["prefix"])):
            return found.group()
        return found.group().replace(it, self._pseudonym(what, it), 1)

    def _pseudonym(self, what: str, value: str) -> str:
        folded = value.strip().casefold()
        if not folded:
            return value
        letters = self._letters(what, folded)
        if value != folded:
            mask = int.from_bytes(self._digest(f"{what} as written", value)[:2], "big") or 1
            letters = "".join(
                letter.upper() if mask >> at & 1 else letter for at, letter in enumerate(letters)
            )
        return f"{what}-{letters}"

    def _letters(self, what: str, value: str) -> str:
        return self._digest(what, value).hex()[:16].translate(_LETTERS)

    def _digest(self, what: str, value: str) -> bytes:
        text = f"{what}\0{value}".encode(errors="backslashreplace")
        return hmac.digest(self.key, text, "sha256")

    def _names_persons(self, kind: str) -> bool:
        return "person" in self.what and kind in PERSONS

    def _fact(self, kind: str, path: str, value: Any) -> Any:
        of_persons = PERSONS.get(kind, ()) if "person" in self.what else ()
        if path in of_persons:
            return _each(value, partial(self._pseudonym, "person"))
        inside = {one.removeprefix(f"{path}.") for one in of_persons if one.startswith(f"{path}.")}
        if inside:
            return self._items(value, inside)
        return _each(value, self._login if f"{path}:" in of_persons else self.text)

    def _items(self, value: Any, names: set[str]) -> Any:
        """Return a list fact with pseudonyms under some names of its items."""

        def change(item: Mapping[str, Any]) -> dict[str, Any]:
            person = partial(self._pseudonym, "person")
            return {
                name: _each(inner, person if name in names else self.text)
                for name, inner in item.items()
            }

        return {**value, "items": [change(item) for item in value["items"]]}

    def _login(self, text: str) -> str:
        """Return ``system:login``, or a login, with a pseudonym for what follows the last colon.

        Logins have colons too (``serviceAccount:a@b.test``), and where the system ends in
        ``system:login`` cannot be told: so the two meet.
        """
        before, colon, login = text.rpartition(":")
        return f"{self.text(before)}{colon}{self._pseudonym('person', login)}"

    def _tags(self, kind: str, facts: Facts) -> Facts:
        for name, value in facts.values.items():
            if self.text(value) != value:
                text = f"a pseudonym would stand in the tag '{name}', which decides about scope"
                raise ObservationFailed(Reason.NOT_ALLOWED, f"{text}; decide by another tag")
        missing = {name: self.failure(kind, why) for name, why in facts.missing.items()}
        values = {self.text(name): value for name, value in facts.values.items()}
        return Facts(values, missing, _each(facts.raw, self.text))


_TAKEN_APART = {
    "ip": "its addresses are compared with networks, which pseudonyms cannot be; "
    "check again without --pseudonymize ip",
    "person": "its names are compared with other names, which pseudonyms cannot be; "
    "check again without --pseudonymize person",
}
_NO_WORDS = "its words may name persons, so --pseudonymize person does not record them"


def _is_host(text: str, prefix: str | None) -> bool:
    """Tell whether a text is the address of one host that says something about somebody."""
    try:
        address = ipaddress.ip_interface(text + (prefix or ""))
    except ValueError:
        return False
    if address.ip.is_loopback or address.ip.is_unspecified:
        return False
    return address.network.num_addresses == 1 or address.ip != address.network.network_address


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """Return a JSON value with every string in it changed, but the keys that its kind gives."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _each(inner, change) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each(inner, change) for inner in value]
    return value


def load(wanted: str, key_file: Path | None) -> Pseudonyms | None:
    """Return the pseudonyms of ``--pseudonymize`` and ``--pseudonym-key``; None without either.

    Raises :class:`~troth.errors.UsageError` or :class:`~troth.errors.InputError`.
    """
    what = frozenset(name.strip() for name in wanted.split(",") if name.strip())
    unknown = sorted(what - set(WHAT))
    if unknown:
        raise UsageError(f"--pseudonymize: '{unknown[0]}' is none of {', '.join(WHAT)}")
    if bool(what) != bool(key_file):
        raise UsageError("--pseudonymize and --pseudonym-key go together; give both or neither")
    return Pseudonyms(_key(key_file), what) if key_file else None


def _key(path: Path) -> bytes:
    place = Place(str(path))
    try:
        open_to_others = path.stat().st_mode & 0o077
        key = path.read_bytes().strip()
    except OSError as error:
        raise InputError.at(place, f"cannot be read: {error.strerror}; {_MAKE}") from None
    if open_to_others:
        raise InputError.at(place, f"others may read this key; chmod 600 {path}")
    if len(key) < SHORTEST_KEY:
        text = f"holds {len(key)} bytes, fewer than {SHORTEST_KEY}; {_MAKE}"
        raise InputError.at(place, text)
    return key


_MAKE = "make one with: openssl rand -hex 32"
