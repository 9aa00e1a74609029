"""Whether the ports of a host answer, and when silence counts.

An open port takes the connection and a refused one resets it: both say so. Silence may be the
network's, ours, or that of a host which has had enough of being asked; it counts only where it
came twice and the same address answered at another port afterwards.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

from troth.checker import Failure, ObservationFailed, Reason
from troth.checkers.network.clock import Clock
from troth.checkers.network.limits import Limits
from troth.checkers.network.stream import Place, addresses, connected

#: Connections to one address at the same time, and begun in a second.
_AT_ONCE, _PER_SECOND = 32, 150
#: A name with more addresses is a fleet, whose members are hosts of their own.
_MOST_ADDRESSES = 16
#: How many ports that answered are asked again before silence stays unproven.
_CONTROLS = 3
#: A port that answered is asked again after every so many that did not.
_BETWEEN = 8
#: What routers and firewalls answer for others; a machine without a route says the same.
_UNREACHED = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT})

_limits: WeakKeyDictionary[asyncio.AbstractEventLoop, Limits] = WeakKeyDictionary()


@dataclass(frozen=True)
class Knock:
    """What one connection came to; ``quiet`` is no answer, ``failed`` is ours."""

    kind: Literal["open", "refused", "quiet", "failed"]
    failure: Failure | None = None

    @property
    def said(self) -> bool:
        """Tell whether the address itself answered."""
        return self.kind in ("open", "refused")


@dataclass(frozen=True)
class State:
    """What is known of a port of a host; ``address`` is where it is open, ``failure`` why not."""

    answers: str = ""
    address: str = ""
    failure: Failure | None = None


async def scan(host: str, ports: Sequence[int], seconds: float) -> dict[int, State]:
    """Return the state of each port over all addresses of a host.

    ``seconds`` are those of looking the name up and of each attempt. Raises TimeoutError, OSError
    and :class:`~troth.checker.ObservationFailed` when the host cannot be asked at all.
    """
    async with asyncio.timeout(seconds):
        found = sorted({str(one[1][0]) for one in await addresses(Place(host, 0))})
    if len(found) > _MOST_ADDRESSES:
        text = f"{host} has {len(found)} addresses; name the addresses instead"
        raise ObservationFailed(Reason.LISTING_INCOMPLETE, text)
    known = {address: await _scan(address, ports, seconds) for address in found}
    return {port: _together(known, port) for port in ports}


async def _scan(address: str, ports: Sequence[int], seconds: float) -> dict[int, Knock]:
    """Knock at each port, again where nothing came, and at last where something had come."""
    first = await _knock_all(address, ports, seconds)
    again = [port for port in ports if not first[port].said]
    spoken = [port for port in ports if first[port].said]
    second, steady = await _among_controls(address, again, spoken, seconds)
    known = first | {port: _twice(first[port], second[port]) for port in again}
    quiet = [port for port in again if known[port].kind == "quiet"]
    answered = [port for port in ports if known[port].said]
    doubt = "" if steady else f"{address} left ports unanswered at which it had answered before"
    if quiet and not doubt and not await _answers_still(address, answered, seconds):
        doubt = f"{address} answered nowhere else, so that silence proves nothing"
    if doubt:
        known |= dict.fromkeys(quiet, Knock("failed", Failure(Reason.UNPROVEN, doubt)))
    return known


async def _among_controls(
    address: str, again: Sequence[int], spoken: Sequence[int], seconds: float
) -> tuple[dict[int, Knock], bool]:
    """Knock at ports again, at one that answered among every few; tell whether all those did.

    Who drops what comes too fast drops some of these too, however gladly it answers at the end.
    """
    seen: dict[int, Knock] = {}
    steady = True
    waiting = iter(_mixed(again, spoken))

    async def work() -> None:
        nonlocal steady
        for port, control in waiting:
            knock = await _knock(address, port, seconds)
            if control:
                steady = steady and knock.said
            else:
                seen[port] = knock

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(work())
    return seen, steady


def _mixed(again: Sequence[int], spoken: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """Yield the ports, and behind every few of them, and the last, one of the controls in turn."""
    controls = itertools.cycle(spoken)
    for at in range(0, len(again), _BETWEEN):
        yield from ((port, False) for port in again[at : at + _BETWEEN])
        yield from ((port, True) for port in itertools.islice(controls, 1))


def _twice(first: Knock, second: Knock) -> Knock:
    """Return what two knocks come to: an answer counts, and silence only if it came twice."""
    return first if first.kind == "failed" and second.kind == "quiet" else second


async def _answers_still(address: str, answered: Sequence[int], seconds: float) -> bool:
    for port in answered[:_CONTROLS]:
        if (await _knock(address, port, seconds)).said:
            return True
    return False


async def _knock_all(address: str, ports: Iterable[int], seconds: float) -> dict[int, Knock]:
    """Knock in the order given, many at once; no more tasks than that, however many ports."""
    seen: dict[int, Knock] = {}
    waiting = iter(ports)

    async def work() -> None:
        for port in waiting:
            seen[port] = await _knock(address, port, seconds)

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(work())
    return seen


async def _knock(address: str, port: int, seconds: float) -> Knock:
    limits = _limits.setdefault(
        asyncio.get_running_loop(), Limits(per_host=_AT_ONCE, per_second=_PER_SECOND)
    )
    try:
        async with (
            limits.slot(address, 0),
            connected(Place(address, port), Clock.of(seconds), seconds),
        ):
            return Knock("open")
    except TimeoutError:
        return Knock("quiet")
    except ConnectionRefusedError:
        return Knock("refused")
    except OSError as error:
        return _told(address, port, error)


def _told(address: str, port: int, error: OSError) -> Knock:
    if error.errno in _UNREACHED:
        return Knock("quiet")
    reason = Reason.PERMISSION_DENIED if isinstance(error, PermissionError) else Reason.UNREACHABLE
    text = f"{address} port {port}: {error.strerror or type(error).__name__}"
    permission = "connect" if reason is Reason.PERMISSION_DENIED else ""
    return Knock("failed", Failure(reason, text, permission))


def _together(known: Mapping[str, Mapping[int, Knock]], port: int) -> State:
    """Return open if any address is; a *no* needs every address."""
    knocks = {address: seen[port] for address, seen in known.items()}
    for address, knock in knocks.items():
        if knock.kind == "open":
            return State("open", address)
    for knock in knocks.values():
        if knock.failure is not None:
            return State(failure=knock.failure)
    return State("silent" if any(not knock.said for knock in knocks.values()) else "refused")
