"""Samples of the logs that tell who asked for what, and from where."""

from __future__ import annotations

import ipaddress
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    facet,
)
from troth.checkers.host import access_lines, sign_in_lines
from troth.checkers.host.access_lines import Look
from troth.checkers.host.collector import HostChecker
from troth.errors import Place, Problem

#: Where access logs lie, as the packages of the servers have it.
_ACCESS = (
    "/var/log/nginx/*access*log",
    "/var/log/apache2/*access*log",
    "/var/log/httpd/*access*log",
    "/var/log/lighttpd/*access*log",
    "/var/log/haproxy.log",
)
_SIGN_INS = ("/var/log/auth.log", "/var/log/secure")
#: A log that receives other lines, too.
_SHARED = "/var/log/haproxy.log"
#: The journal of the OpenSSH server, by its names before and since version 9.8.
_JOURNAL = "journal of sshd"
_JOURNALS = ("/var/log/journal", "/run/log/journal")
_OF_SSHD = ("-q", "--no-pager", "-o", "cat", "-n", "1000", "-t", "sshd", "-t", "sshd-session")
#: What a web server's and a sign-in's records have a place for.
_CARRIED = (access_lines.CARRIED, sign_in_lines.CARRIED)
#: Most lines of one log, and most bytes of its end in which they are.
_LINES, _BYTES = 1000, 262_144


class LogSamples(HostChecker):
    """One resource for each access log that has lines, and for each log of sign-ins over SSH.

    Their contents are read: the target has to allow ``data-read``. Only amounts become facts.
    """

    id = "host.log-sample"
    kind = "log-sample"
    options: ClassVar[Mapping[str, Any]] = {
        **HostChecker.options,
        "proxies": {
            "type": "array",
            "items": {"type": "string", "minLength": 2},
            "description": "addresses or networks of your balancers and proxies; a line of an "
            "access log that has one of them names no client",
        },
    }
    lists = ("machine_name", "places")
    sections: ClassVar[Mapping[str, Sequence[str]]] = {
        "places": ("samples",),
        "looked": ("samples",),
    }

    @call(
        "file:/var/log",
        actions=["list the folders of logs below /var/log (root or group adm)"],
        per="partition",
    )
    def places(self) -> list[str]:
        """Return the access logs and logs of sign-ins that have lines, and whether a journal is."""
        tree, found = self.tree, []
        for path in (path for pattern in (*_ACCESS, *_SIGN_INS) for path in tree.glob(pattern)):
            status = tree.stat(path)
            if stat.S_ISREG(status.st_mode) and status.st_size:
                found.append(path)
        return found + [_JOURNAL] * any(tree.exists(path) for path in _JOURNALS)

    @call(
        "file:log",
        actions=["read the access logs and the log of sshd (root or group adm)"],
        per="key",
        effect="data-read",
    )
    def looked(self, place: str) -> Look:
        """Return the amounts over the newest lines of a log; no line leaves this method."""
        if place == _JOURNAL:
            return sign_in_lines.look(self._spoken())
        sent = self.tree.read(place, _BYTES, -_BYTES)
        whole = sent.split(b"\n")[1 if len(sent) == _BYTES else 0 :]
        lines = [line.decode("utf-8", "replace") for line in whole if line.strip()][-_LINES:]
        if place in _SIGN_INS:
            return sign_in_lines.look(lines)
        return access_lines.look(lines, self._proxies(), shared=place == _SHARED)

    def _spoken(self) -> list[str]:
        ran = self.run("journalctl", *_OF_SSHD)
        if "insufficient permissions" in ran.err or "not seeing messages" in ran.err:
            raise PermissionError("journal")
        if ran.status != 0 and "No journal files" not in ran.err:
            words = f"journalctl ended with status {ran.status}"
            raise ObservationFailed(Reason.NO_DATA, words)
        return ran.out.splitlines()[-_LINES:]

    def _proxies(self) -> list[access_lines.Network]:
        return [ipaddress.ip_network(text, strict=False) for text in self.target.get("proxies", ())]

    @classmethod
    def problems(cls, target: Mapping[str, Any]) -> Iterable[Problem]:
        """Return the proxies that are no addresses, beside what every host target is asked."""
        wrong = [text for text in target.get("proxies", ()) if not _is_network(text)]
        words = "is no IP address and no network; write 192.0.2.7 or 10.0.0.0/8"
        return [*super().problems(target), *(Problem(Place(text), words) for text in wrong)]

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every such log; a machine may have none."""
        for place in self.read("places"):
            yield Resource(self.own_id(f"sample:{place}"), place, self.partition.name)

    def place_of(self, log: Resource) -> list[str]:
        """Return the key of the one log."""
        return [log.name]

    @facet("fields", uses=["looked"], keys="place_of")
    def fields(self, log: Resource, looked: Mapping[str, Look]) -> Facts:
        """Return what the records have a place for, and where it is empty; none without records."""
        look = _known(log, looked)
        lacking = [{"field": name, "records": n} for name, n in sorted(look.lacking.items())]
        carried = _CARRIED[log.name in (*_SIGN_INS, _JOURNAL)] if look.records else ()
        facts = {"records": look.records, "carried": complete(carried)}
        return Facts(facts | {"lacking": complete(lacking)})

    @facet("addresses", uses=["looked"], keys="place_of")
    def addresses(self, log: Resource, looked: Mapping[str, Look]) -> Facts:
        """Return how many addresses there are, and how many records have a private one."""
        look = _known(log, looked)
        return Facts({"distinct": len(look.addresses), "private": look.private})


def _known(log: Resource, looked: Mapping[str, Look]) -> Look:
    look = looked[log.name]
    if look.records and not look.known:
        words = f"{log.name} has a form that is not known; log in the combined format or in JSON"
        raise ObservationFailed(Reason.NOT_SUPPORTED, words)
    return look


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
