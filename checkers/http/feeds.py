"""Syndication feeds: RSS 2.0 and Atom 1.0 (RFC 4287), read by expat with entities refused."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from troth.checker import Facts, Failure, ObservationFailed, Reason, complete, partial
from troth.checkers.http import instants
from troth.checkers.http.exchange import shown

_ATOM = "http://www.w3.org/2005/Atom "
_DEEPEST = 100
#: What is read of an entry, by the format: the key, then what replaces it; the date likewise.
_FIELDS = {
    "rss": (("guid", "link"), ("pubDate",)),
    "atom": ((f"{_ATOM}id",), (f"{_ATOM}published", f"{_ATOM}updated")),
}
_PATHS = {"rss": ["rss", "channel", "item"], "atom": [f"{_ATOM}feed", f"{_ATOM}entry"]}


def facts(body: bytes) -> Facts:
    """Return the facts of the facet ``feed``.

    What is neither format, or no well-formed XML, has the format ``none``. Raises
    ``ObservationFailed`` for XML that declares entities and for a charset that expat lacks.
    """
    reader = _read(body)
    if reader is None or not reader.format:
        why = Failure(Reason.MALFORMED_RESPONSE, "what is served is neither RSS 2.0 nor Atom 1.0")
        return Facts({"format": "none"}, missing={"entries": why})
    rows = [_row(entry, reader.format) for entry in reader.entries]
    known = [row for row in rows if row is not None]
    if len(known) == len(rows):
        return Facts({"format": reader.format, "entries": complete(known)})
    why = Failure(
        Reason.MALFORMED_RESPONSE,
        f"{len(rows) - len(known)} entries of the feed have no id or no date with a zone",
    )
    return Facts({"format": reader.format, "entries": partial(known)}, missing={"entries": why})


class _Reader:
    """Collects the wanted fields of every entry while expat goes through the document."""

    def __init__(self) -> None:
        self.format = ""
        self.entries: list[dict[str, str]] = []
        self._path: list[str] = []
        self._text: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path:
            version = attributes.get("version", "")
            self.format = {"rss": "rss" if version == "2.0" else "", f"{_ATOM}feed": "atom"}.get(
                name, ""
            )
        self._path.append(name)
        if len(self._path) > _DEEPEST:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the feed is nested too deeply")
        if not self.format:
            return
        entry = _PATHS[self.format]
        if self._path == entry:
            self.entries.append({})
        elif self._path[:-1] == entry and name in sum(_FIELDS[self.format], ()):
            self._text = []

    def text(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def end(self, name: str) -> None:
        entry = _PATHS.get(self.format)
        if self._text is not None and self._path[:-1] == entry:
            self.entries[-1].setdefault(name, "".join(self._text).strip())
            self._text = None
        self._path.pop()


def _read(body: bytes) -> _Reader | None:
    """Return what was read, None if it is no well-formed XML."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.CharacterDataHandler = reader.text
    parser.EndElementHandler = reader.end
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        return None
    except (LookupError, ValueError) as error:  # of the codec that the document names
        text = "the feed's charset is not known"
        raise ObservationFailed(Reason.NOT_SUPPORTED, text) from error
    return reader


def _refuse(*declaration: Any) -> None:
    """Refuse every declaration of an entity: they expand without bound, or name files."""
    raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the feed declares entities")


def _row(entry: dict[str, str], kind: str) -> dict[str, str] | None:
    keys, dates = ([entry[name] for name in names if entry.get(name)] for names in _FIELDS[kind])
    if not keys or not dates:
        return None
    try:
        at = instants.rfc822(dates[0]) if kind == "rss" else instants.rfc3339(dates[0])
    except ValueError:
        return None
    return {"key": shown(keys[0]), "at": at.isoformat()}
