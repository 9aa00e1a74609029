"""CloudTrail trails: whether who did what in the account is recorded, and arrives.

The event history that every account has without a trail (90 days, in the console) is no trail
and is not looked at. How long a trail's bucket or log group keeps events is a matter of those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.aws.family import AwsRegionChecker, Rows, instant, tags_of

#: Which events a selector lets through: reads, writes, and whether it takes all of those.
_READ_WRITE = {
    "All": frozenset({"read", "write"}),
    "ReadOnly": frozenset({"read"}),
    "WriteOnly": frozenset({"write"}),
}
_OBJECTS = "AWS::S3::Object"
_EVERY_BUCKET = ("arn:aws:s3", "arn:aws:s3:::", "arn:aws-cn:s3", "arn:aws-us-gov:s3")

#: Reads and writes that one selector records, and whether it records all of them.
Share = tuple[frozenset[str], bool]


class Trails(AwsRegionChecker):
    """Trails, each once: in its home region, or in the target's first if that is no target.

    DescribeTrails gives a multi-region or organization trail in every region as its shadow.
    """

    id = "aws.cloudtrail.trail"
    kind = "audit-trail"
    lists = ("trails",)

    @call("cloudtrail:DescribeTrails", actions=["cloudtrail:DescribeTrails"], per="partition")
    def trails(self) -> Rows:
        """Return the trails that work in the region; the operation has no pages."""
        answer = self.ask("cloudtrail:DescribeTrails", ["trailList"], includeShadowTrails=True)
        rows = tuple(row for row in answer["trailList"] if isinstance(row, Mapping))
        odd = Failure(Reason.MALFORMED_RESPONSE, "cloudtrail:DescribeTrails: a trail is no object")
        return Rows(rows, odd if len(rows) < len(answer["trailList"]) else None)

    @call("cloudtrail:GetTrailStatus", actions=["cloudtrail:GetTrailStatus"], per="resource")
    def status(self, trail: Resource) -> Any:
        """Return whether the trail records and when it last delivered, in this region."""
        return self.ask("cloudtrail:GetTrailStatus", ["IsLogging"], Name=trail.id)

    @call("cloudtrail:GetEventSelectors", actions=["cloudtrail:GetEventSelectors"], per="resource")
    def selectors(self, trail: Resource) -> Any:
        """Return the trail's event selectors, classic or advanced."""
        return self.ask("cloudtrail:GetEventSelectors", ["TrailARN"], TrailName=trail.id)

    @call("cloudtrail:ListTags", actions=["cloudtrail:ListTags"], per="resource")
    def tags_response(self, trail: Resource) -> Any:
        """Return the trail's tags; 50 at most, so there is one page."""
        return self.ask("cloudtrail:ListTags", ["ResourceTagList"], ResourceIdList=[trail.id])

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the trails that are this region's to report."""
        for item in self.listed(self.read("trails"), _trail):
            if isinstance(item, Listed) or self._home_of(item) == self.region:
                yield item

    def _home_of(self, trail: Resource) -> str:
        row = self.read("trails").one("TrailARN", trail.id)
        home = str(demand(row, "HomeRegion"))
        return home if home in self.target["regions"] else str(self.target["regions"][0])

    @facet("delivery", uses=["status"])
    def delivery(self, trail: Resource, status: Any) -> Facts:
        """Return whether log files arrive in the bucket.

        ``newest_event_at`` is the time of the last delivered file (LatestDeliveryTime): its
        newest event is some minutes older. It is left out until the first file is delivered, and
        LatestDeliveryError until there is an error. Errors of copies elsewhere are in ``raw``.
        """
        delivered = status.get("LatestDeliveryTime")
        facts = {
            "logging": demand(status, "IsLogging"),
            "newest_event_at": None if delivered is None else instant(delivered),
            "error": status.get("LatestDeliveryError", ""),
        }
        copies = ("LatestCloudWatchLogsDeliveryError", "LatestDigestDeliveryError")
        return Facts(facts, raw={name: status[name] for name in copies if name in status})

    @facet("coverage", uses=["trails", "selectors"])
    def coverage(self, trail: Resource, trails: Rows, selectors: Any) -> dict[str, Any]:
        """Return which events the trail records."""
        row = trails.one("TrailARN", trail.id)
        management, data = _recorded(selectors)
        return {
            "every_region": demand(row, "IsMultiRegionTrail"),
            "global_services": demand(row, "IncludeGlobalServiceEvents"),
            "management_events": _amount(management),
            "data_events": _amount(data),
        }

    @facet("protection", uses=["trails"])
    def protection(self, trail: Resource, trails: Rows) -> dict[str, Any]:
        """Return whether signed digest files are written beside the log files."""
        row = trails.one("TrailARN", trail.id)
        return {"validated": demand(row, "LogFileValidationEnabled")}

    @facet("tags", uses=["tags_response"])
    def tags(self, trail: Resource, response: Any) -> dict[str, str]:
        """Return the trail's tags."""
        rows = Rows(tuple(demand(response, "ResourceTagList"))).one("ResourceId", trail.id)
        return tags_of(demand(rows, "TagsList"))


def _trail(row: Mapping[str, Any]) -> Resource:
    demand(row, "HomeRegion")
    return Resource(id=demand(row, "TrailARN"), name=demand(row, "Name"))


def _recorded(answer: Any) -> tuple[list[Share], list[Share]]:
    """Return what each selector records of management events and of data events.

    A trail has selectors of one sort: at least one classic selector (that is its default), or
    advanced ones. An answer with neither member is ``malformed-response``.
    """
    if "EventSelectors" not in answer and "AdvancedEventSelectors" not in answer:
        raise ObservationFailed(
            Reason.MALFORMED_RESPONSE, "the response has no event selectors; it may be truncated"
        )
    management: list[Share] = []
    data: list[Share] = []
    for selector in answer.get("EventSelectors", ()):
        management += _classic_management(selector)
        data += _classic_objects(selector)
    for selector in answer.get("AdvancedEventSelectors", ()):
        fields = {demand(each, "Field"): each for each in demand(selector, "FieldSelectors")}
        management += _advanced(fields, "Management", ())
        if fields.get("resources.type", {}).get("Equals") == [_OBJECTS]:
            data += _advanced(fields, "Data", ("resources.type",))
    return management, data


def _amount(shares: Iterable[Share]) -> str:
    """Return all when reads and writes are each recorded in full by some selector."""
    known = list(shares)
    full = frozenset[str]().union(*(which for which, whole in known if whole))
    if full == _READ_WRITE["All"]:
        return "all"
    return "some" if known else "none"


def _classic_management(selector: Mapping[str, Any]) -> list[Share]:
    if not demand(selector, "IncludeManagementEvents"):
        return []
    # Left out where nothing is excluded; kms.amazonaws.com and rdsdata.amazonaws.com can be.
    whole = not selector.get("ExcludeManagementEventSources")
    return [(_reads_writes(selector), whole)]


def _classic_objects(selector: Mapping[str, Any]) -> list[Share]:
    which = _reads_writes(selector)
    return [
        (which, any(value in _EVERY_BUCKET for value in demand(resource, "Values")))
        for resource in demand(selector, "DataResources")
        # An empty list of values records nothing.
        if demand(resource, "Type") == _OBJECTS and demand(resource, "Values")
    ]


def _reads_writes(selector: Mapping[str, Any]) -> frozenset[str]:
    value = demand(selector, "ReadWriteType")
    if value not in _READ_WRITE:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, f"ReadWriteType is {value!r}")
    return _READ_WRITE[value]


def _advanced(
    fields: Mapping[str, Mapping[str, Any]], category: str, also: Sequence[str]
) -> list[Share]:
    """Return what an advanced selector records of a category.

    It takes all of it if it filters by nothing besides the category, ``also`` and readOnly: any
    further field narrows it.
    """
    if demand(fields, "eventCategory").get("Equals") != [category]:
        return []
    whole = set(fields) <= {"eventCategory", "readOnly", *also}
    if "readOnly" not in fields:
        return [(_READ_WRITE["All"], whole)]
    chosen = {"true": "ReadOnly", "false": "WriteOnly"}
    values = demand(fields, "readOnly", "Equals")
    return [(_READ_WRITE[chosen[value]], whole) for value in values if value in chosen]
