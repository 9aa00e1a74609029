"""One request and what came of it, as a value: everything the facts are computed from."""

from __future__ import annotations

import enum
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime

from troth.checker import Failure, Reason
from troth.checkers.http import urls
from troth.checkers.http.urls import Url

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SHOWN = 200


class Kind(enum.StrEnum):
    """What came of a request."""

    ANSWERED = "answered"  # the head of a response is there, its body perhaps not
    REFUSED = "refused"  # no connection: the host or the network said no
    SILENT = "silent"  # no connection: nobody said anything
    UNREACHABLE = "unreachable"  # no address, or a trouble of this machine
    UNTRUSTED = "untrusted"  # the certificate does not verify; only where that was asked
    NO_TLS = "no-tls"  # connected, but TLS could not be agreed
    CLOSED = "closed"  # connected, then closed without a response
    TIMEOUT = "timeout"  # connected, and no head in time
    MALFORMED = "malformed"  # something else than HTTP
    SKIPPED = "skipped"  # not asked: the time of the endpoint was spent


#: What a firewall or a switched-off service looks like; it counts when it is repeated and another
#: connection to the same host is answered afterwards.
NEGATIVE = frozenset({Kind.REFUSED, Kind.SILENT})

#: No connection, in the order in which one outcome stands for several addresses.
UNCONNECTED = (Kind.REFUSED, Kind.SILENT, Kind.UNREACHABLE)

_REASONS = {
    Kind.REFUSED: (Reason.UNREACHABLE, "refused"),
    Kind.SILENT: (Reason.TIMEOUT, "no connection in time"),
    Kind.UNREACHABLE: (Reason.UNREACHABLE, "cannot be reached"),
    Kind.UNTRUSTED: (Reason.UNPROVEN, "the certificate does not verify"),
    Kind.NO_TLS: (Reason.UNPROVEN, "no TLS connection"),
    Kind.CLOSED: (Reason.UNPROVEN, "closed without an answer"),
    Kind.TIMEOUT: (Reason.TIMEOUT, "no answer in time"),
    Kind.MALFORMED: (Reason.MALFORMED_RESPONSE, "the answer is not HTTP"),
    Kind.SKIPPED: (Reason.TIMEOUT, "not asked: the endpoint's time was spent"),
}


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    ``tried`` are the IP addresses that were asked, the last of them being the one that answered.
    ``body`` is decompressed and whole unless ``body_failure`` says why not. ``milliseconds`` run
    from the request, when the connection stood, to the end of the body. ``proven`` is set on a
    refusal or silence that may be taken for a fact.
    """

    url: Url
    kind: Kind
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    body_failure: Failure | None = None
    milliseconds: int = 0
    note: str = ""
    tried: tuple[str, ...] = ()
    proven: bool = False
    certificate: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def answered(self) -> bool:
        """Tell whether there is a status."""
        return self.kind is Kind.ANSWERED

    def header(self, name: str) -> list[str]:
        """Return the values of every header field of a name (in lower case), in order."""
        return [value for key, value in self.headers if key == name]

    @property
    def leads_to(self) -> Url | None:
        """Return where a redirect leads, None for other answers.

        Raises ValueError with a sentence for a redirect that leads nowhere one could go.
        """
        if self.status not in _REDIRECTS:
            return None
        given = set(self.header("location"))
        if len(given) != 1:
            raise ValueError(f"a redirect with {len(given)} locations")
        try:
            return urls.join(self.url, given.pop())
        except ValueError:
            # Its words stay out: what a server redirects with may be a secret.
            raise ValueError("a redirect to what is no http or https address") from None

    @property
    def failure(self) -> Failure:
        """Return why there is no status."""
        reason, text = _REASONS[self.kind]
        more = f" ({shown(self.note)})" if self.note else ""
        control = ""
        if self.kind in NEGATIVE:
            control = "; nothing else of this host answered, so it is not told from a dead host"
        return Failure(reason, f"{self.url.named}: {text}{more}{control}")


def shown(text: str, longest: int = _SHOWN) -> str:
    """Return text of a peer with control and formatting characters written out, cut if long."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(_written(char) if _unseen(char) else char for char in cut)


def _unseen(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] == "C" or category in ("Zl", "Zp")


def _written(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
