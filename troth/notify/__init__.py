"""Telling people of changes: which channels want to hear of them, and what became of each.

Nothing here raises for what the outside does, and nothing here changes a verdict: a chat that is
down must not turn a kept promise into a broken one, nor the other way round. Addresses come from
the environment only, and no part of one is ever told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from troth.config import Channel
from troth.history.changes import NOTIFIED, Digest
from troth.notify import through_apprise, webhook
from troth.notify.ping import Ping
from troth.notify.post import address

APPRISE = "apprise"


class Told(NamedTuple):
    """What became of a digest on one channel.

    ``sent``: the receiver has taken it. ``skipped``: there was nothing in it that the channel
    wants, so nothing was sent. ``problem``: why it was neither, in words that name the variable.
    """

    channel: Channel
    sent: bool = False
    skipped: bool = False
    problem: str = ""


def tell(channels: Sequence[Channel], digest: Digest, environment: Mapping[str, str]) -> list[Told]:
    """Send a digest to every channel that wants something of it; return what became of each."""
    return [_told(channel, digest, environment) for channel in channels]


def wanted(channel: Channel, digest: Digest) -> Digest:
    """Return the digest with the events that a channel is told of."""
    on = channel.changes or NOTIFIED
    return digest._replace(events=tuple(one for one in digest.events if one.change in on))


def _told(channel: Channel, digest: Digest, environment: Mapping[str, str]) -> Told:
    part = wanted(channel, digest)
    if not part.events:
        return Told(channel, skipped=True)
    url = environment.get(channel.variable, "").strip()
    problem = _unset(channel.variable, url)
    if not problem:
        send = through_apprise.send if channel.through == APPRISE else webhook.send
        try:
            failed = send(url, part)
        except Exception as error:  # a bug of ours or of a library must not become a verdict
            failed = f"sending failed with {type(error).__name__}, which is a bug in troth"
        problem = f"{channel.variable}: {failed}" if failed else ""
    return Told(channel, sent=not problem, problem=problem)


def check_channels(channels: Sequence[Channel], environment: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the channels' variables; nothing is sent."""
    found = [_wrong(channel, environment) for channel in channels]
    return [problem for problem in found if problem]


def _wrong(channel: Channel, environment: Mapping[str, str]) -> str:
    url = environment.get(channel.variable, "").strip()
    if problem := _unset(channel.variable, url):
        return problem
    if channel.through == APPRISE:
        problem = through_apprise.problem(url)
        return f"{channel.variable}: {problem}" if problem else ""
    try:
        address(url)
    except ValueError as error:
        return f"{channel.variable}: {error}"
    return ""


def ping_of(variable: str, environment: Mapping[str, str]) -> tuple[Ping | None, str]:
    """Return the service to tell of runs, and what is wrong with its variable.

    ``variable`` is ``Config.ping``. There is no service where it is empty or has a problem.
    """
    url = environment.get(variable, "").strip()
    if not variable:
        return None, ""
    ping = Ping(url)
    problem = _unset(variable, url)
    if not problem and (wrong := ping.problem()):
        problem = f"{variable}: {wrong}"
    return (None, problem) if problem else (ping, "")


def _unset(variable: str, url: str) -> str:
    if not url:
        return f"{variable}: it is not set; put the URL into this environment variable"
    return ""
