"""Which addresses a target names, and where troth may therefore connect; nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from troth.checker import ObservationFailed
from troth.checkers.http import urls
from troth.checkers.http.urls import Url
from troth.checkers.network import places
from troth.errors import Place, Problem

ACCESS = ("public", "closed", "admin", "private")
_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}}
_PORT = {"type": "integer", "minimum": 1, "maximum": 65535}

#: The keys of a target that name addresses (``Checker.options``).
OPTIONS: Mapping[str, Any] = {
    "pages": {
        "type": "array",
        "items": {
            "type": ["string", "object"],
            "pattern": "^https?://",
            "required": ["url"],
            "additionalProperties": False,
            "properties": {
                "url": {"type": "string", "pattern": "^https?://"},
                "access": {"enum": list(ACCESS)},
                "topics": _TEXTS,
                "texts": _TEXTS,
                "names_in": {"type": "string", "minLength": 1},
                "feed": {"type": "boolean"},
                "incidents": {"type": "string", "minLength": 1},
                "plain_port": _PORT,
                "address": {"type": "string"},
            },
        },
        "description": "an address, or {url, access, topics, texts, names_in, feed, incidents, "
        "plain_port, address}: texts must be there to read, names_in is the id of an element "
        "with a list or table of names, feed says that this is one, incidents is the address of "
        "the JSON list of incidents, plain_port is asked without TLS (80), address is connected "
        "to instead of the host",
    },
    "pages_file": {
        "type": "string",
        "description": "more addresses, one a line, # at its start or after a space a comment",
    },
    "sites": {
        "type": "array",
        "items": {"type": ["string", "object"]},
        "description": "host:port, or {host, port, address}, that redirects may be followed to "
        "besides the page's own host; others are noted, never contacted",
    },
    "sign_in": {
        **_TEXTS,
        "description": "addresses, or paths on the page's own host, where a visitor signs in; "
        "queries are not compared",
    },
}


@dataclass(frozen=True)
class Page:
    """One address of a target with what the target says about it; what is not said is empty."""

    url: Url
    access: str = "public"
    topics: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    names_in: str = ""
    feed: bool = False
    incidents: Url | None = None
    plain_port: int = 80
    address: str = ""

    @property
    def id(self) -> str:
        """Return the resource id: the address, and behind a # where it is connected to instead."""
        return f"{self.url}#address={self.address}" if self.address else str(self.url)

    @property
    def plain(self) -> Url:
        """Return the same address on the same host without TLS."""
        return Url("http", self.url.host, self.plain_port, self.url.target)


def read_page(entry: str | Mapping[str, Any]) -> Page:
    """Return the page of one entry; raises ValueError with a sentence if it is none."""
    given = {"url": entry} if isinstance(entry, str) else dict(entry)
    url = urls.read(str(given["url"]))
    address = str(given.get("address", ""))
    if address and not places.is_address(address):
        raise ValueError(f"{address!r} is not an IP address")
    plain_port = given.get("plain_port", 80 if url.scheme == "https" else url.port)
    return Page(
        url,
        str(given.get("access", "public")),
        tuple(given.get("topics", ())),
        tuple(given.get("texts", ())),
        str(given.get("names_in", "")),
        bool(given.get("feed", False)),
        urls.join(url, str(given["incidents"])) if "incidents" in given else None,
        int(plain_port),
        address,
    )


def file_entries(text: str) -> list[str]:
    """Return the addresses of a pages file; a # inside an address is no comment."""
    lines = (" " + line for line in text.splitlines())
    return [found for line in lines if (found := line.partition(" #")[0].strip())]


def entries(target: Mapping[str, Any]) -> list[Any]:
    """Return the entries of a target and of its pages file; raises as those of ``places``."""
    return places.entries(target, "pages", file_entries)


def read(found: Iterable[Any]) -> Iterator[tuple[Page | None, str]]:
    """Yield each page, or None and what is wrong with its entry; each address once."""
    seen: set[str] = set()
    for entry in found:
        try:
            page = read_page(entry)
        except ValueError as error:
            yield None, str(error)
            continue
        if page.id in seen:
            yield None, f"{page.id} is named twice; what is said of it must stand in one entry"
        seen.add(page.id)
        yield page, ""


def sites(target: Mapping[str, Any]) -> list[places.Endpoint]:
    """Return the further places that redirects may be followed to; raises ValueError."""
    return [places.read_endpoint(entry) for entry in target.get("sites", ())]


def neighbours(page: Page, known: Iterable[Page]) -> list[Page]:
    """Return the pages on the same host at the same address, itself among them."""
    own = page.url.host, page.address
    return [each for each in known if (each.url.host, each.address) == own]


def scope(page: Page, known: Iterable[Page], more: Iterable[places.Endpoint]) -> dict[str, str]:
    """Return ``host:port`` of all that may be asked for a page, and what each is connected to.

    The second is an IP address where the target gives one, else the host. The page's own host is
    in it at the ports and plain ports of the target's pages there, and at 443 where one of them
    has no TLS; ``more`` are the further sites.
    """
    host, address = page.url.host, page.address or page.url.host
    ports = {port for each in neighbours(page, known) for port in _ports(each)}
    found = {each.authority: each.address or each.host for each in more}
    return found | {urls.authority(host, port): address for port in ports}


def _ports(page: Page) -> set[int]:
    return {page.url.port, page.plain_port} | ({443} if page.url.scheme == "http" else set())


def egress(target: Mapping[str, Any]) -> list[str]:
    """Return ``host:port`` of everything that may be connected to; none of an unreadable file."""
    try:
        known = [page for page, _ in read(entries(target)) if page]
    except ObservationFailed:
        known = [page for page, _ in read(target.get("pages", ())) if page]
    reached = set()
    for page in known:
        for place, address in scope(page, known, _sound_sites(target)).items():
            reached.add(urls.authority(address, int(place.rpartition(":")[2])))
    return sorted(reached)


def _sound_sites(target: Mapping[str, Any]) -> list[places.Endpoint]:
    return [each for each, _ in places.read(target.get("sites", ())) if each]


def problems(target: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the entries of a target and of its files."""
    name = str(target["id"])
    try:
        found = entries(target)
    except ObservationFailed as error:
        yield Problem(Place(str(target.get("pages_file", name))), error.failure.message)
        return
    wrong = [problem for _, problem in read(found) if problem]
    wrong += [problem for _, problem in places.read(target.get("sites", ())) if problem]
    wrong += list(_outside(target, found))
    for problem in wrong:
        yield Problem(Place(f"target {name}"), problem)


def _outside(target: Mapping[str, Any], found: Iterable[Any]) -> Iterator[str]:
    """Yield the lists of incidents that lie where troth may not ask."""
    more = _sound_sites(target)
    known = [page for page, _ in read(found) if page]
    for page in known:
        if page.incidents and page.incidents.authority not in scope(page, known, more):
            place = page.incidents.authority
            yield f"incidents of {page.url} are at {place}, which is not among its sites"
