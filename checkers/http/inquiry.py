"""In which order an address is asked, what is asked again, and where redirects may lead.

A refusal or silence is asked twice, each time followed by a control: another port of the same
host that is asked at the same IP address and must answer. What is outside the target's scope is
not asked even if everything else here is wrong.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from troth.checker import Failure, Reason
from troth.checkers.http.client import Request, exchange, lenient
from troth.checkers.http.exchange import NEGATIVE, UNCONNECTED, Exchange, Kind, shown
from troth.checkers.http.urls import Url
from troth.checkers.network.clock import Clock
from troth.checkers.network.loop import shared
from troth.checkers.network.stream import Place, addresses
from troth.errors import CheckerBug

#: Redirects that are followed; browsers follow 20.
MOST_HOPS = 10
#: A page that nobody has: fixed, so that a run can be repeated, and no dictionary's word.
IMPOSSIBLE = "troth-asks-for-what-is-not-here-58c1e7"


@dataclass(frozen=True)
class Chain:
    """An answer and the redirects behind it; ``away`` where the last leads out of the scope."""

    hops: tuple[Exchange, ...]
    away: bool = False
    failure: Failure | None = None

    @property
    def last(self) -> Exchange:
        """Return the answer at which it ends."""
        return self.hops[-1]


class Inquiry:
    """Asks for one page: ``seconds`` for each request, ``deadline`` seconds for all together.

    Waiting for a turn costs neither: it says something about other pages of the host. ``scope``
    maps every ``host:port`` that may be asked to what is connected to.
    """

    def __init__(self, scope: Mapping[str, str], seconds: float, deadline: float) -> None:
        """Start with the whole time; a third at most for one request leaves some for a control."""
        self._scope = scope
        self._seconds = min(seconds, deadline / 3)
        self._left = deadline
        self._pins: dict[str, str] = {}
        self._resolved: dict[str, list[str]] = {}

    async def ask(
        self, request: Request, *, at: str = "", context: ssl.SSLContext | None = None
    ) -> Exchange:
        """Put a request to each address in turn until one connects, and later to that one only."""
        authority = request.url.authority
        if authority not in self._scope:
            raise CheckerBug(f"{authority} is outside the scope and is not asked")
        if self._left <= 0:
            return Exchange(request.url, Kind.SKIPPED)
        place = Place(self._scope[authority], request.url.port)
        try:
            found = [at] if at else await self._addresses(place)
        except (OSError, UnicodeError):  # TimeoutError is an OSError
            return Exchange(request.url, Kind.UNREACHABLE, note="its name is not resolved")
        return await self._first(request, found, context or lenient(), place)

    async def _addresses(self, place: Place) -> list[str]:
        if place.host in self._pins:
            return [self._pins[place.host]]
        clock = Clock.of(min(self._seconds, self._left))
        try:
            async with asyncio.timeout(clock.left):
                found = [str(address[0]) for _, address in await addresses(place)]
            self._resolved[place.host] = found
            return found
        finally:
            self._left -= clock.spent

    async def _first(
        self, request: Request, found: Sequence[str], context: ssl.SSLContext, place: Place
    ) -> Exchange:
        seen: list[Exchange] = []
        for index, address in enumerate(found):
            async with shared().limits.slot(address, place.port):
                clock = Clock.of(min(self._seconds, max(self._left, 0.0)) / (len(found) - index))
                answer = await exchange(request, address, clock, context)
                self._left -= clock.spent
            if answer.kind not in UNCONNECTED:
                self._pins[place.host] = address
                return answer
            seen.append(answer)
        worst = max(seen, key=lambda each: UNCONNECTED.index(each.kind))
        return replace(worst, tried=tuple(found))

    async def opened(
        self, request: Request, controls: Iterable[Url], context: ssl.SSLContext | None
    ) -> Exchange:
        """Ask with a certificate that must verify, and again without if it does not."""
        first = await self.ask(request, context=context)
        if first.kind is Kind.UNTRUSTED:
            why = f"not verified: {shown(first.note)}"
            return replace(await self.settled(request, controls), certificate=why)
        verified = first.answered and request.url.scheme == "https" and context is not None
        answer = await self._settle(first, request, controls)
        return replace(answer, certificate="verified") if verified else answer

    async def settled(self, request: Request, controls: Iterable[Url]) -> Exchange:
        """Ask, and ask again what would be taken for a refusal."""
        return await self._settle(await self.ask(request), request, controls)

    async def _settle(self, first: Exchange, request: Request, controls: Iterable[Url]) -> Exchange:
        negative, others = first.kind in NEGATIVE, list(controls)
        if not negative and first.kind is not Kind.CLOSED:
            return first
        # A host that is dead is not worth a second wait.
        if negative and not await self._controlled(first, others):
            return first
        again = await self.ask(request)
        if again.kind is not first.kind:
            varies = f"once {first.kind.value}, then {again.kind.value}"
            return again if again.answered else replace(first, kind=Kind.CLOSED, note=varies)
        proven = negative and await self._controlled(again, others)
        other = await self._elsewhere(request, again.tried) if proven else None
        return other or replace(again, proven=proven)

    async def _elsewhere(self, request: Request, tried: Sequence[str]) -> Exchange | None:
        """Return what another address of the host answers, None where none takes a connection.

        A name with several addresses is shut only where all of them are that can be reached.
        """
        host = self._scope[request.url.authority]
        pin = self._pins.get(host)
        for address in self._resolved.get(host, ()):
            answer = await self.ask(request, at=address) if address not in tried else None
            if answer is not None and answer.kind not in UNCONNECTED:
                if pin is not None:
                    self._pins[host] = pin
                return answer
        return None

    async def _controlled(self, negative: Exchange, controls: Sequence[Url]) -> bool:
        """Tell whether every address that was tried answers at one of the controls now."""
        for address in negative.tried:
            asked = (self.ask(Request(url, whole=False), at=address) for url in controls)
            if not any(answer.answered for answer in await asyncio.gather(*asked)):
                return False
        return bool(negative.tried)

    async def followed(self, first: Exchange) -> Chain:
        """Follow the redirects of an answer as far as the scope goes."""
        hops = [first]
        seen = {str(first.url)}
        while hops[-1].answered:
            try:
                url = hops[-1].leads_to
            except ValueError as error:
                why = Failure(
                    Reason.MALFORMED_RESPONSE, f"{hops[-1].url.named}: {shown(str(error))}"
                )
                return Chain(tuple(hops), failure=why)
            if url is None:
                return Chain(tuple(hops))
            if url.authority not in self._scope:
                return Chain(tuple(hops), away=True)
            if str(url) in seen or len(hops) > MOST_HOPS:
                return Chain(tuple(hops), failure=_lost(first.url, len(hops)))
            seen.add(str(url))
            hops.append(await self.settled(Request(url), ()))
        return Chain(tuple(hops), failure=hops[-1].failure)


def _lost(url: Url, hops: int) -> Failure:
    text = f"{url.named}: after {hops} redirects there is no end; cookies are not kept"
    return Failure(Reason.UNPROVEN, text)


def impossible(url: Url) -> Url:
    """Return the address of a page that is not there, in the same folder."""
    return replace(url, target=url.path.rpartition("/")[0] + "/" + IMPOSSIBLE)
