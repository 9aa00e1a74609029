"""CloudWatch Logs: log groups, how long they keep events, and which events they hold.

Times of the API are milliseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    demand,
    facet,
    partial,
)
from troth.checkers.aws.family import AwsRegionChecker, Rows

#: The tag by which a log group names the kinds of events that it receives, space separated.
KINDS_TAG = "troth:log-kinds"

#: What a group of class DELIVERY keeps, in days; its retention cannot be set.
_DELIVERY_DAYS = 1

#: Streams of one group that are read at most, 50 a page; a group may hold millions.
_PAGES = 200

#: CloudWatch Logs deletes up to 72 hours late and counts up to some hours late.
_LATE = timedelta(days=3)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: First and last event.
Span = tuple[datetime, datetime]


class Groups(AwsRegionChecker):
    """Log groups of one region, with their retention, their extent and what they receive."""

    id = "aws.logs.group"
    kind = "log-store"
    options: ClassVar[Mapping[str, Any]] = {
        **AwsRegionChecker.options,
        "log_kinds": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "description": "kinds of events by glob on the log group's name; a group that no "
            f"glob names may carry the tag {KINDS_TAG}; without either its kinds are unknown",
        },
    }
    lists = ("groups",)

    @call("logs:DescribeLogGroups", actions=["logs:DescribeLogGroups"], per="partition")
    def groups(self) -> Rows:
        """Return every log group, over all pages."""
        return self.pages(
            "logs:DescribeLogGroups", "logGroups", require=["logGroupName", "arn"], page_size=50
        )

    @call("logs:DescribeLogStreams", actions=["logs:DescribeLogStreams"], per="key")
    def streams(self, key: str) -> Mapping[str, Any]:
        """Return the span of the events of a group; ``key`` is ``days:group name``.

        ``days`` is the group's retention, 0 when it keeps events forever. ``oldest`` and
        ``newest`` are aware datetimes or None, ``read_at`` is when it was read. Pages come with
        the latest event first and are summed up at once, for a group may have a million streams.
        ``complete`` tells whether every stream was read in which the retention left an event.
        """
        days, _, name = key.partition(":")
        read_at = datetime.now(UTC)
        floor = read_at - timedelta(days=int(days)) if int(days) else _EPOCH
        spans: list[Span] = []
        more: dict[str, str] = {}
        for _ in range(_PAGES):
            page = self._stream_page(name, more)
            spans = _summed(spans + _spans(page["logStreams"], floor))
            done = "nextToken" not in page or _all_gone(page["logStreams"], floor)
            if done:
                break
            more = {"nextToken": page["nextToken"]}
        oldest, newest = spans[0] if spans else (None, None)
        return {"oldest": oldest, "newest": newest, "read_at": read_at, "complete": done}

    def _stream_page(self, name: str, more: Mapping[str, str]) -> dict[str, Any]:
        answer = self.ask(
            "logs:DescribeLogStreams",
            ["logStreams"],
            logGroupName=name,
            orderBy="LastEventTime",
            descending=True,
            limit=50,
            **more,
        )
        if not all(isinstance(stream, Mapping) for stream in answer["logStreams"]):
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a log stream is no object")
        return answer

    @call("logs:ListTagsForResource", actions=["logs:ListTagsForResource"], per="key")
    def tags_response(self, arn: str) -> Any:
        """Return the tags of the group of this ARN."""
        return self.ask("logs:ListTagsForResource", ["tags"], resourceArn=arn)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every log group of the region."""
        yield from self.listed(
            self.read("groups"),
            lambda row: Resource(id=row["arn"].removesuffix(":*"), name=row["logGroupName"]),
        )

    @facet("retention", uses=["groups"])
    def retention(self, resource: Resource, groups: Rows) -> dict[str, Any]:
        """Return how long events are set to be kept: AWS leaves retentionInDays out for ever."""
        days = _days(groups.one("logGroupName", resource.name))
        if days is None:
            return {"mode": "forever", "days": 36500}
        return {"mode": "days", "days": days}

    def stream_key(self, resource: Resource) -> Iterator[str]:
        """Give ``days:group name``, so that the call knows where to stop."""
        days = _days(self.read("groups").one("logGroupName", resource.name))
        yield f"{days or 0}:{resource.name}"

    @facet("extent", uses=["groups", "streams"], keys="stream_key")
    def extent(self, resource: Resource, groups: Rows, streams: Mapping[str, Any]) -> Facts:
        """Return which events the group holds, as far as its streams tell.

        A stream keeps the time of its first event when retention has removed that event. So no
        event counts as older than the retention, and a stream whose latest event is past it holds
        none. What an earlier, shorter retention removed cannot be told from the streams, except
        that a group of no bytes whose events are not new holds none.
        """
        row = groups.one("logGroupName", resource.name)
        (span,) = streams.values()
        facts: dict[str, Any] = {"created_at": _moment(demand(row, "creationTime")).isoformat()}
        size, newest = demand(row, "storedBytes"), demand(span, "newest")
        if size and newest is None:
            why = Failure(Reason.NO_DATA, "the group holds bytes, but no stream tells of an event")
            names = ("has_events", "oldest_event_at", "newest_event_at")
            return Facts(facts, missing=dict.fromkeys(names, why))
        if newest is None or (not size and newest < demand(span, "read_at") - _LATE):
            none = {"has_events": False, "oldest_event_at": None, "newest_event_at": None}
            return Facts(facts | none)
        facts |= {"has_events": True, "newest_event_at": newest.isoformat()}
        if not demand(span, "complete"):
            why = Failure(Reason.NO_DATA, f"the group has more than {_PAGES * 50} streams")
            return Facts(facts, missing={"oldest_event_at": why})
        return Facts(facts | {"oldest_event_at": demand(span, "oldest").isoformat()})

    def unnamed(self, resource: Resource) -> Iterator[str]:
        """Give the ARN of a group that no glob of the target names: its tag is asked for."""
        if not self._globs(resource):
            yield resource.id

    @facet("content", uses=["tags_response"], keys="unnamed")
    def content(self, resource: Resource, answers: Mapping[str, Any]) -> Facts:
        """Return which kinds of events the group receives, by the target's globs or its tag.

        A declared empty list is the whole list; that nobody declared anything tells nothing.
        """
        declared = [self._kinds[glob] for glob in self._globs(resource)]
        for answer in answers.values():
            tags = demand(answer, "tags")
            declared += [tags[KINDS_TAG].split()] if KINDS_TAG in tags else []
        if declared:
            return Facts({"log_kinds": complete({kind for kinds in declared for kind in kinds})})
        text = f"what {resource.name} receives is not declared; set log_kinds on the target, "
        why = Failure(Reason.NO_DATA, f"{text}or the tag {KINDS_TAG}")
        return Facts({"log_kinds": partial([])}, missing={"log_kinds": why})

    @property
    def _kinds(self) -> Mapping[str, list[str]]:
        kinds: Mapping[str, list[str]] = self.target.get("log_kinds", {})
        return kinds

    def _globs(self, resource: Resource) -> list[str]:
        return [glob for glob in self._kinds if fnmatchcase(resource.name, glob)]

    def arns(self, resource: Resource) -> Iterator[str]:
        """Give the group's ARN."""
        yield resource.id

    @facet("tags", uses=["tags_response"], keys="arns")
    def tags(self, resource: Resource, answers: Mapping[str, Any]) -> dict[str, str]:
        """Return the group's tags."""
        return dict(demand(answers[resource.id], "tags"))


def _days(row: Mapping[str, Any]) -> int | None:
    """Return a group's retention in days, None when it keeps events forever."""
    if row.get("logGroupClass") == "DELIVERY":
        return _DELIVERY_DAYS
    days = row.get("retentionInDays")
    if days is not None and not isinstance(days, int):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "retentionInDays is no integer")
    return days


def _spans(page: list[Mapping[str, Any]], floor: datetime) -> list[Span]:
    """Return first and last event of each stream that has an event not older than ``floor``."""
    return [
        (max(_moment(stream["firstEventTimestamp"]), floor), _last(stream))
        for stream in page
        if "firstEventTimestamp" in stream and _last(stream) >= floor
    ]


def _summed(spans: list[Span]) -> list[Span]:
    """Return one span over all, or none."""
    return [(min(s[0] for s in spans), max(s[1] for s in spans))] if spans else []


def _all_gone(page: list[Mapping[str, Any]], floor: datetime) -> bool:
    """Tell whether a page, latest event first, ends with a stream that ended well before."""
    return bool(page) and "lastEventTimestamp" in page[-1] and _last(page[-1]) < floor - _LATE


def _last(stream: Mapping[str, Any]) -> datetime:
    """Return a stream's last event; its first where the service has not counted further yet."""
    for name in ("lastEventTimestamp", "firstEventTimestamp"):
        if name in stream:
            return _moment(stream[name])
    return _EPOCH


def _moment(millis: Any) -> datetime:
    """Return milliseconds since 1970-01-01 UTC as an aware datetime."""
    try:
        return _EPOCH + timedelta(milliseconds=millis)
    except (OverflowError, TypeError, ValueError):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a time is no time") from None
