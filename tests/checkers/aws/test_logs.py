"""Log groups: moto over HTTP; hand-written answers for events older than it accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.checkers.aws.scripted import Answer, Cut, Raw, Refused, Scripted, serve
from tests.checkers.aws.seeing import Sight, see
from troth.checkers.aws.logs import Groups
from troth.model import Reason

PREFIX = "arn:aws:logs:ap-northeast-1:123456789012:log-group:"
APP = f"{PREFIX}/app/web"
DAY = timedelta(days=1)
NOW = datetime.now(UTC).replace(microsecond=0)
LIST, STREAMS, TAGS = (
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:ListTagsForResource",
)


@pytest.fixture
def server(moto: str) -> Iterator[Scripted]:
    with serve(moto) as scripted:
        yield scripted


def through(server: Scripted, target: Mapping[str, Any]) -> Sight:
    return see(Groups, {**target, "endpoint_url": server.address})


def millis(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def group(name: str = "/app/web", size: int = 10, **more: Any) -> dict[str, Any]:
    arn = f"{PREFIX}{name}:*"
    made = millis(NOW - 800 * DAY)
    return {"logGroupName": name, "arn": arn, "creationTime": made, "storedBytes": size, **more}


def stream(name: str, first: datetime, last: datetime) -> dict[str, Any]:
    return {
        "logStreamName": name,
        "firstEventTimestamp": millis(first),
        "lastEventTimestamp": millis(last),
    }


def test_groups_with_and_without_retention(target: dict[str, Any], aws: Callable[..., Any]) -> None:
    logs = aws("logs")
    for name in ("/app/web", "/app/old"):
        logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName="/app/web", retentionInDays=180)
    seen = see(Groups, target)
    assert seen.facts(APP, "retention") == {"mode": "days", "days": 180}
    forever = seen.facts(f"{PREFIX}/app/old", "retention")
    assert forever == {"mode": "forever", "days": 36500}
    assert seen.made[LIST] == 1
    assert seen.incomplete == []


def test_a_group_of_class_delivery_keeps_one_day(server: Scripted, target: dict[str, Any]) -> None:
    server.say(LIST, {"logGroups": [group(logGroupClass="DELIVERY")]})
    server.say(STREAMS, {"logStreams": []})
    seen = through(server, target)
    assert seen.facts(APP, "retention") == {"mode": "days", "days": 1}


def test_extent_spans_all_streams(target: dict[str, Any], aws: Callable[..., Any]) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="/app/web")
    times = {"one": [NOW - 9 * DAY, NOW - 5 * DAY], "two": [NOW - 2 * DAY, NOW - DAY]}
    for name, moments in times.items():
        logs.create_log_stream(logGroupName="/app/web", logStreamName=name)
        events = [{"timestamp": millis(moment), "message": "hello"} for moment in moments]
        logs.put_log_events(logGroupName="/app/web", logStreamName=name, logEvents=events)
    logs.create_log_stream(logGroupName="/app/web", logStreamName="empty")
    facts = see(Groups, target).facts(APP, "extent")
    assert facts["has_events"] is True
    assert facts["oldest_event_at"] == (NOW - 9 * DAY).isoformat()
    assert facts["newest_event_at"] == (NOW - DAY).isoformat()
    assert NOW - DAY < datetime.fromisoformat(facts["created_at"]) < NOW + DAY


def test_a_group_without_streams_has_no_events(
    target: dict[str, Any], aws: Callable[..., Any]
) -> None:
    aws("logs").create_log_group(logGroupName="/app/web")
    facts = see(Groups, target).facts(APP, "extent")
    assert facts["has_events"] is False
    assert facts["oldest_event_at"] is None
    assert facts["newest_event_at"] is None


def test_streams_over_several_pages(server: Scripted, target: dict[str, Any]) -> None:
    server.say(LIST, {"logGroups": [group()]})
    server.say(
        STREAMS,
        {"logStreams": [stream("b", NOW - 90 * DAY, NOW)], "nextToken": "more"},
        {"logStreams": [stream("a", NOW - 700 * DAY, NOW - 600 * DAY)]},
    )
    facts = through(server, target).facts(APP, "extent")
    assert facts["oldest_event_at"] == (NOW - 700 * DAY).isoformat()
    assert facts["newest_event_at"] == NOW.isoformat()


def test_events_past_the_retention_do_not_count(server: Scripted, target: dict[str, Any]) -> None:
    """A stream keeps its first event's time when retention has removed the event."""
    server.say(LIST, {"logGroups": [group(retentionInDays=30)]})
    pages: list[Answer] = [
        {"logStreams": [stream("b", NOW - 20 * DAY, NOW - DAY)], "nextToken": "more"},
        {"logStreams": [stream("a", NOW - 700 * DAY, NOW - 600 * DAY)], "nextToken": "never"},
        Refused("InternalFailure", 500),
    ]
    server.say(STREAMS, *pages)
    seen = through(server, target)
    facts = seen.facts(APP, "extent")
    assert facts["oldest_event_at"] == (NOW - 20 * DAY).isoformat()
    assert facts["newest_event_at"] == (NOW - DAY).isoformat()
    assert server.calls.count(STREAMS) == 2, "streams that are past the retention are not read"


def test_a_long_stream_reaches_back_no_further_than_the_retention(
    server: Scripted, target: dict[str, Any]
) -> None:
    server.say(LIST, {"logGroups": [group(retentionInDays=30)]})
    server.say(STREAMS, {"logStreams": [stream("a", NOW - 700 * DAY, NOW)]})
    oldest = through(server, target).facts(APP, "extent")["oldest_event_at"]
    late = datetime.fromisoformat(oldest) - (NOW - 30 * DAY)
    assert timedelta(0) <= late < DAY / 2


def test_no_bytes_and_nothing_new_means_no_events(server: Scripted, target: dict[str, Any]) -> None:
    server.say(LIST, {"logGroups": [group(size=0)]})
    server.say(STREAMS, {"logStreams": [stream("a", NOW - 700 * DAY, NOW - 600 * DAY)]})
    facts = through(server, target).facts(APP, "extent")
    assert facts["has_events"] is False
    assert facts["oldest_event_at"] is None


def test_no_bytes_yet_but_a_new_event(server: Scripted, target: dict[str, Any]) -> None:
    server.say(LIST, {"logGroups": [group(size=0)]})
    server.say(STREAMS, {"logStreams": [stream("a", NOW - 40 * DAY, NOW)]})
    facts = through(server, target).facts(APP, "extent")
    assert facts["has_events"] is True
    assert facts["oldest_event_at"] == (NOW - 40 * DAY).isoformat()


def test_bytes_that_no_stream_explains_are_missing(
    server: Scripted, target: dict[str, Any]
) -> None:
    server.say(LIST, {"logGroups": [group(size=7)]})
    server.say(STREAMS, {"logStreams": [{"logStreamName": "a"}]})
    facts = through(server, target).facts(APP, "extent")
    assert set(facts) == {"created_at"}
    assert {why.reason for why in facts.missing.values()} == {Reason.NO_DATA}
    assert set(facts.missing) == {"has_events", "oldest_event_at", "newest_event_at"}


def test_a_stream_list_without_end_leaves_the_oldest_event_open(
    server: Scripted, target: dict[str, Any]
) -> None:
    page = {"logStreams": [stream("a", NOW - 5 * DAY, NOW)], "nextToken": "again"}
    server.say(LIST, {"logGroups": [group()]})
    server.say(STREAMS, page)
    facts = through(server, target).facts(APP, "extent")
    assert facts["newest_event_at"] == NOW.isoformat()
    assert "oldest_event_at" not in facts
    assert facts.missing["oldest_event_at"].reason is Reason.NO_DATA


def test_kinds_by_the_target_and_by_tag(target: dict[str, Any], aws: Callable[..., Any]) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="/app/web", tags={"troth:log-kinds": "operation"})
    logs.create_log_group(
        logGroupName="/other", tags={"troth:log-kinds": "login_logout  error", "team": "a"}
    )
    logs.create_log_group(logGroupName="/quiet", tags={"troth:log-kinds": ""})
    logs.create_log_group(logGroupName="/debug")
    globs = {"/app/*": ["access"], "*/web": ["access", "error"], "/debug": []}
    seen = see(Groups, {**target, "log_kinds": globs})
    kinds = {
        name: seen.facts(PREFIX + name, "content")["log_kinds"]
        for name in ("/app/web", "/other", "/quiet", "/debug")
    }
    assert kinds == {
        "/app/web": {"items": ["access", "error"], "complete": True},
        "/other": {"items": ["error", "login_logout"], "complete": True},
        "/quiet": {"items": [], "complete": True},
        "/debug": {"items": [], "complete": True},
    }
    assert seen.facts(f"{PREFIX}/other", "tags") == {
        "troth:log-kinds": "login_logout  error",
        "team": "a",
    }


def test_what_nobody_declared_is_not_an_empty_list(
    target: dict[str, Any], aws: Callable[..., Any]
) -> None:
    aws("logs").create_log_group(logGroupName="/app/web", tags={"team": "a"})
    facts = see(Groups, {**target, "log_kinds": {"/other/*": ["access"]}}).facts(APP, "content")
    assert facts == {"log_kinds": {"items": []}}
    assert facts.missing["log_kinds"].reason is Reason.NO_DATA
    for said in ("/app/web", "log_kinds", "troth:log-kinds"):
        assert said in facts.missing["log_kinds"].message


@pytest.mark.parametrize(
    ("answer", "reason", "permission"),
    [
        (Refused("AccessDeniedException", 400), Reason.PERMISSION_DENIED, LIST),
        (Refused("ExpiredTokenException", 400), Reason.EXPIRED_CREDENTIALS, ""),
        (Cut(), Reason.MALFORMED_RESPONSE, ""),
        (Cut({}), Reason.MALFORMED_RESPONSE, ""),
    ],
)
def test_a_listing_that_cannot_be_read_is_not_an_empty_one(
    server: Scripted,
    target: dict[str, Any],
    aws: Callable[..., Any],
    answer: Refused | Cut,
    reason: Reason,
    permission: str,
) -> None:
    aws("logs").create_log_group(logGroupName="/app/web")
    server.say(LIST, answer)
    seen = through(server, target)
    assert seen.resources == {}
    (failure,) = seen.incomplete
    assert failure.reason is reason
    assert failure.permission == permission


def test_an_answer_without_its_list_is_malformed(server: Scripted, target: dict[str, Any]) -> None:
    server.say(LIST, {})
    (failure,) = through(server, target).incomplete
    assert failure.reason is Reason.MALFORMED_RESPONSE


def test_a_refused_page_keeps_what_was_read(server: Scripted, target: dict[str, Any]) -> None:
    server.say(
        LIST,
        {"logGroups": [group(retentionInDays=400)], "nextToken": "more"},
        Refused("AccessDeniedException", 400),
    )
    server.say(STREAMS, {"logStreams": []})
    seen = through(server, target)
    assert seen.facts(APP, "retention")["days"] == 400
    (failure,) = seen.incomplete
    assert (failure.reason, failure.permission) == (Reason.PERMISSION_DENIED, LIST)


def test_one_malformed_group_costs_itself(server: Scripted, target: dict[str, Any]) -> None:
    broken = {"logGroupName": "/broken"}
    server.say(LIST, {"logGroups": [broken, group(retentionInDays=400)]})
    server.say(STREAMS, {"logStreams": []})
    seen = through(server, target)
    assert list(seen.resources) == [APP]
    assert [failure.reason for failure in seen.incomplete] == [Reason.MALFORMED_RESPONSE]


@pytest.mark.parametrize("time", ["1" + 30 * "0", '"soon"', "NaN", "-1e400"])
def test_a_time_that_is_none_costs_one_facet(
    server: Scripted, target: dict[str, Any], time: str
) -> None:
    server.say(LIST, {"logGroups": [group(retentionInDays=30)]})
    # Raw: the SDK's model allows no such time, but its parser lets it through.
    one = f'{{"firstEventTimestamp": {time}, "lastEventTimestamp": {time}}}'
    server.say(STREAMS, Raw(f'{{"logStreams": [{one}]}}'.encode()))
    seen = through(server, target)
    assert seen.failure(APP, "extent").reason is Reason.MALFORMED_RESPONSE
    assert seen.facts(APP, "retention")["days"] == 30


def test_a_stream_that_is_none_is_malformed(server: Scripted, target: dict[str, Any]) -> None:
    server.say(LIST, {"logGroups": [group()]})
    server.say(STREAMS, Raw(b'{"logStreams": [null]}'))
    seen = through(server, target)
    assert seen.failure(APP, "extent").reason is Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    ("operation", "facet"), [(STREAMS, "extent"), (TAGS, "content"), (TAGS, "tags")]
)
def test_a_refused_detail_fails_only_its_facet(
    server: Scripted,
    target: dict[str, Any],
    aws: Callable[..., Any],
    operation: str,
    facet: str,
) -> None:
    aws("logs").create_log_group(logGroupName="/app/web")
    server.say(operation, Refused("AccessDeniedException", 400))
    seen = through(server, target)
    failure = seen.failure(APP, facet)
    assert (failure.reason, failure.permission) == (Reason.PERMISSION_DENIED, operation)
    assert seen.facts(APP, "retention")["mode"] == "forever"


@pytest.mark.parametrize("operation", [STREAMS, TAGS])
def test_a_truncated_detail_is_malformed(
    server: Scripted, target: dict[str, Any], aws: Callable[..., Any], operation: str
) -> None:
    aws("logs").create_log_group(logGroupName="/app/web")
    server.say(operation, Cut())
    facet = {STREAMS: "extent", TAGS: "content"}[operation]
    assert through(server, target).failure(APP, facet).reason is Reason.MALFORMED_RESPONSE
