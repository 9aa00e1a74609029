"""Trails: moto over HTTP; hand-written answers for shadows, errors and odd selectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.checkers.aws.scripted import Cut, Raw, Refused, Scripted, body_of, serve
from tests.checkers.aws.seeing import Sight, see
from troth.checkers.aws.cloudtrail import Trails
from troth.model import Reason

HOME, OTHER = "ap-northeast-1", "eu-west-1"
MAIN = f"arn:aws:cloudtrail:{HOME}:123456789012:trail/main"
LIST, STATUS, SELECTORS, TAGS = (
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:ListTags",
)


@pytest.fixture
def server(moto: str) -> Iterator[Scripted]:
    with serve(moto) as scripted:
        yield scripted


def through(server: Scripted, target: Mapping[str, Any]) -> Sight:
    return see(Trails, {**target, "endpoint_url": server.address})


def make_trail(aws: Callable[..., Any], name: str = "main", **more: Any) -> Any:
    aws("s3", "us-east-1").create_bucket(Bucket="trail-logs")
    client = aws("cloudtrail")
    client.create_trail(Name=name, S3BucketName="trail-logs", **more)
    return client


def trail(name: str = "main", home: str = HOME, **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "TrailARN": f"arn:aws:cloudtrail:{home}:123456789012:trail/{name}",
        "HomeRegion": home,
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "LogFileValidationEnabled": True,
        **more,
    }


def classic(**more: Any) -> dict[str, Any]:
    return {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
        **more,
    }


def advanced(category: str, **fields: list[str]) -> dict[str, Any]:
    chosen = [{"Field": "eventCategory", "Equals": [category]}]
    chosen += [{"Field": name.replace("_", "."), "Equals": v} for name, v in fields.items()]
    return {"Name": "one", "FieldSelectors": chosen}


def test_a_good_trail(target: dict[str, Any], aws: Callable[..., Any]) -> None:
    client = make_trail(
        aws,
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True,
        TagsList=[{"Key": "team", "Value": "sec"}],
    )
    client.put_event_selectors(TrailName="main", EventSelectors=[classic()])
    before = datetime.now(UTC).replace(microsecond=0)
    client.start_logging(Name="main")
    seen = see(Trails, target)
    delivery = seen.facts(MAIN, "delivery")
    assert (delivery["logging"], delivery["error"]) == (True, "")
    assert before <= datetime.fromisoformat(delivery["newest_event_at"])
    assert seen.facts(MAIN, "coverage") == {
        "every_region": True,
        "global_services": True,
        "management_events": "all",
        "data_events": "none",
    }
    assert seen.facts(MAIN, "protection") == {"validated": True}
    assert seen.facts(MAIN, "tags") == {"team": "sec"}


def test_a_poor_trail(target: dict[str, Any], aws: Callable[..., Any]) -> None:
    client = make_trail(
        aws,
        IsMultiRegionTrail=False,
        IncludeGlobalServiceEvents=False,
        EnableLogFileValidation=False,
    )
    client.put_event_selectors(
        TrailName="main", EventSelectors=[classic(ReadWriteType="WriteOnly")]
    )
    seen = see(Trails, target)
    assert seen.facts(MAIN, "delivery") == {
        "logging": False,
        "newest_event_at": None,
        "error": "",
    }
    assert seen.facts(MAIN, "coverage") == {
        "every_region": False,
        "global_services": False,
        "management_events": "some",
        "data_events": "none",
    }
    assert seen.facts(MAIN, "protection") == {"validated": False}


def test_a_trail_in_two_regions_is_one_trail(
    target: dict[str, Any], aws: Callable[..., Any]
) -> None:
    make_trail(aws, IsMultiRegionTrail=True)
    seen = see(Trails, {**target, "regions": [OTHER, HOME]})
    assert list(seen.resources) == [MAIN]
    assert seen.made[LIST] == 2


def test_a_trail_whose_home_is_no_target_is_still_found_once(
    server: Scripted, target: dict[str, Any]
) -> None:
    # Hand-written: DescribeTrails of any region returns the shadow of a trail made elsewhere.
    shadow = trail("org", "us-east-1", IsOrganizationTrail=True)
    server.say(LIST, {"trailList": [shadow]})
    seen = through(server, {**target, "regions": [HOME, OTHER]})
    assert list(seen.resources) == ["arn:aws:cloudtrail:us-east-1:123456789012:trail/org"]


def test_no_trail_is_a_complete_empty_list(target: dict[str, Any]) -> None:
    seen = see(Trails, target)
    assert (seen.resources, seen.incomplete) == ({}, [])


def test_delivery_with_an_error(server: Scripted, target: dict[str, Any]) -> None:
    # Hand-written: moto has no delivery errors.
    at = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    server.say(LIST, {"trailList": [trail()]})
    server.say(
        STATUS,
        {
            "IsLogging": True,
            "LatestDeliveryTime": at,
            "LatestDeliveryError": "AccessDenied",
            "LatestCloudWatchLogsDeliveryError": "Throttled",
        },
    )
    facts = through(server, target).facts(MAIN, "delivery")
    assert facts == {
        "logging": True,
        "newest_event_at": "2026-11-01T08:30:00+00:00",
        "error": "AccessDenied",
    }
    assert facts.raw == {"LatestCloudWatchLogsDeliveryError": "Throttled"}


ALL_OBJECTS = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
ONE_BUCKET = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::mine/"]}
FUNCTIONS = {"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}
OBJECTS = ["AWS::S3::Object"]


@pytest.mark.parametrize(
    ("selectors", "management", "data"),
    [
        ([classic(DataResources=[ALL_OBJECTS])], "all", "all"),
        ([classic(DataResources=[ONE_BUCKET])], "all", "some"),
        ([classic(DataResources=[FUNCTIONS])], "all", "none"),
        ([classic(DataResources=[{**ALL_OBJECTS, "Values": []}])], "all", "none"),
        ([classic(ReadWriteType="ReadOnly", DataResources=[ALL_OBJECTS])], "some", "some"),
        ([classic(IncludeManagementEvents=False)], "none", "none"),
        ([classic(ExcludeManagementEventSources=["kms.amazonaws.com"])], "some", "none"),
        (
            [classic(ReadWriteType="ReadOnly"), classic(ReadWriteType="WriteOnly")],
            "all",
            "none",
        ),
        ([], "none", "none"),
    ],
)
def test_classic_selectors(
    server: Scripted,
    target: dict[str, Any],
    selectors: list[dict[str, Any]],
    management: str,
    data: str,
) -> None:
    server.say(LIST, {"trailList": [trail()]})
    server.say(SELECTORS, {"TrailARN": MAIN, "EventSelectors": selectors})
    facts = through(server, target).facts(MAIN, "coverage")
    assert (facts["management_events"], facts["data_events"]) == (management, data)


@pytest.mark.parametrize(
    ("selectors", "management", "data"),
    [
        ([advanced("Management")], "all", "none"),
        ([advanced("Management", readOnly=["false"])], "some", "none"),
        (
            [advanced("Management", readOnly=["false"]), advanced("Management", readOnly=["true"])],
            "all",
            "none",
        ),
        ([advanced("Management", eventSource=["iam.amazonaws.com"])], "some", "none"),
        ([advanced("Data", resources_type=OBJECTS)], "none", "all"),
        ([advanced("Data", resources_type=OBJECTS, readOnly=["true"])], "none", "some"),
        (
            [advanced("Data", resources_type=OBJECTS, resources_ARN=["arn:aws:s3:::mine/a"])],
            "none",
            "some",
        ),
        ([advanced("Data", resources_type=["AWS::DynamoDB::Table"])], "none", "none"),
        ([advanced("Management"), advanced("Data", resources_type=OBJECTS)], "all", "all"),
    ],
)
def test_advanced_selectors(
    server: Scripted,
    target: dict[str, Any],
    selectors: list[dict[str, Any]],
    management: str,
    data: str,
) -> None:
    server.say(LIST, {"trailList": [trail()]})
    server.say(SELECTORS, {"TrailARN": MAIN, "AdvancedEventSelectors": selectors})
    facts = through(server, target).facts(MAIN, "coverage")
    assert (facts["management_events"], facts["data_events"]) == (management, data)


@pytest.mark.parametrize(
    ("operation", "facet"), [(STATUS, "delivery"), (SELECTORS, "coverage"), (TAGS, "tags")]
)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Refused("AccessDeniedException", 400), Reason.PERMISSION_DENIED),
        (Refused("ExpiredTokenException", 400), Reason.EXPIRED_CREDENTIALS),
        (Cut(), Reason.MALFORMED_RESPONSE),
        ({}, Reason.MALFORMED_RESPONSE),
    ],
)
def test_what_cannot_be_read_costs_its_facet(
    server: Scripted,
    target: dict[str, Any],
    aws: Callable[..., Any],
    operation: str,
    facet: str,
    answer: Refused | Cut | dict[str, Any],
    reason: Reason,
) -> None:
    make_trail(aws)
    server.say(operation, answer)
    seen = through(server, target)
    failure = seen.failure(MAIN, facet)
    assert failure.reason is reason
    assert failure.permission == (operation if reason is Reason.PERMISSION_DENIED else "")
    assert seen.facts(MAIN, "protection") == {"validated": False}


def test_selectors_of_no_sort_are_malformed(server: Scripted, target: dict[str, Any]) -> None:
    server.say(LIST, {"trailList": [trail()]})
    server.say(SELECTORS, {"TrailARN": MAIN})
    assert through(server, target).failure(MAIN, "coverage").reason is Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    ("answer", "reason", "permission"),
    [
        (Refused("AccessDeniedException", 400), Reason.PERMISSION_DENIED, LIST),
        (Cut(), Reason.MALFORMED_RESPONSE, ""),
        ({}, Reason.MALFORMED_RESPONSE, ""),
    ],
)
def test_a_listing_that_cannot_be_read_is_not_an_empty_one(
    server: Scripted,
    target: dict[str, Any],
    answer: Refused | Cut | dict[str, Any],
    reason: Reason,
    permission: str,
) -> None:
    server.say(LIST, answer)
    seen = through(server, target)
    assert seen.resources == {}
    (failure,) = seen.incomplete
    assert (failure.reason, failure.permission) == (reason, permission)


def test_a_trail_that_is_none_costs_itself(server: Scripted, target: dict[str, Any]) -> None:
    # Raw: the SDK's model allows no null, but its parser lets it through.
    good = body_of("cloudtrail", "DescribeTrails", {"trailList": [trail()]})
    server.say(LIST, Raw(good.replace(b"[", b"[null, ", 1)))
    seen = through(server, target)
    assert seen.facts(MAIN, "protection") == {"validated": True}
    assert [failure.reason for failure in seen.incomplete] == [Reason.MALFORMED_RESPONSE]


def test_one_malformed_trail_costs_itself(server: Scripted, target: dict[str, Any]) -> None:
    server.say(LIST, {"trailList": [{"Name": "broken"}, trail()]})
    seen = through(server, target)
    assert list(seen.resources) == [MAIN]
    assert [failure.reason for failure in seen.incomplete] == [Reason.MALFORMED_RESPONSE]
