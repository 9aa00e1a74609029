"""DynamoDB tables as data stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import (
    ABSENT,
    Facts,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    demand,
    facet,
)
from troth.checkers.aws.facts import encrypted_by_aws, instant, tags_of
from troth.checkers.aws.family import AwsRegionChecker, Rows
from troth.checkers.aws.policy import refuses_plaintext

_GONE = "ResourceNotFoundException"
_OWN_KEY = ("ENABLED", "UPDATING", "ENABLING")
_AWS_OWNED = ("DISABLED", "DISABLING")


class DynamoRegion(AwsRegionChecker):
    """The listing and description of tables, shared with what looks at their backups."""

    lists: ClassVar[Sequence[str]] = ("identity", "tables")

    @call("dynamodb:ListTables", actions=["dynamodb:ListTables"], per="partition")
    def tables(self) -> Rows:
        """Return the names of the region's tables."""
        return self.pages("dynamodb:ListTables", "TableNames", scalar="TableName", page_size=100)

    @call(
        "dynamodb:DescribeTable",
        actions=["dynamodb:DescribeTable"],
        per="resource",
        absent_on=[_GONE],
    )
    def table_response(self, table: Resource) -> Any:
        """Return one table's description; a table that is gone or elsewhere has none."""
        if "@" in table.id:
            return ABSENT
        return self.ask("dynamodb:DescribeTable", ["Table"], TableName=table.name)

    @call(
        "dynamodb:ListTagsOfResource",
        actions=["dynamodb:ListTagsOfResource"],
        per="resource",
        absent_on=[_GONE],
    )
    def tags_response(self, table: Resource) -> Any:
        """Return one table's tags; a table that is gone or elsewhere has none."""
        if "@" in table.id:
            return ABSENT
        return self.pages(
            "dynamodb:ListTagsOfResource", "Tags", require=["Key", "Value"], ResourceArn=table.id
        )

    def table(self, row: Mapping[str, Any]) -> Resource:
        """Return the resource of a listed name."""
        name = str(row["TableName"])
        return Resource(self.arn("dynamodb", f"table/{name}"), name, self.partition.name)


class Tables(DynamoRegion):
    """DynamoDB tables."""

    id = "aws.dynamodb"
    kind = "data-store"

    @call(
        "dynamodb:GetResourcePolicy",
        actions=["dynamodb:GetResourcePolicy"],
        per="resource",
        absent_on=["PolicyNotFoundException"],
    )
    def policy_response(self, table: Resource) -> Any:
        """Return the table's own policy."""
        return self.ask("dynamodb:GetResourcePolicy", ["Policy"], ResourceArn=table.id)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every table of the region."""
        yield from self.listed(self.read("tables"), self.table)

    @facet("encryption", uses=["table_response"])
    def encryption(self, table: Resource, response: Any) -> Facts:
        """Return how the table is encrypted: always, with AES-256; only the key differs.

        Without a description of it, the key is one that AWS owns.
        """
        described = _described(response)
        if "SSEDescription" not in described:
            return encrypted_by_aws("")
        status = demand(described, "SSEDescription", "Status")
        if status in _AWS_OWNED:
            return encrypted_by_aws("")
        if status not in _OWN_KEY:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "unknown state of the encryption")
        key = described["SSEDescription"].get("KMSMasterKeyArn", "alias/aws/dynamodb")
        return encrypted_by_aws(str(key))

    @facet("exposure", uses=["table_response"])
    def exposure(self, table: Resource, response: Any) -> Mapping[str, Any]:
        """Return that a table is never public: DynamoDB refuses policies that would make it so."""
        _described(response)
        return {"public": False, "ways": complete(())}

    @facet("location", uses=["table_response"])
    def location(self, table: Resource, response: Any) -> Mapping[str, Any]:
        """Return the region, and those of a global table's replicas and witnesses."""
        described = _described(response)
        # DynamoDB leaves these out of a table that is in one region only.
        others = [*described.get("Replicas", ()), *described.get("GlobalTableWitnesses", ())]
        regions = {self.region, *(str(demand(each, "RegionName")) for each in others)}
        return {"places": complete(f"aws:{region}" for region in regions)}

    @facet("transport", uses=["policy_response"])
    def transport(self, table: Resource, response: Any) -> Mapping[str, Any]:
        """Return ``refused`` where the table's policy denies requests without TLS.

        Otherwise it depends on the policies of every caller, which nobody can list.
        """
        if response is not ABSENT and refuses_plaintext(
            demand(response, "Policy"), "dynamodb", [table.id]
        ):
            return {"plaintext": "refused"}
        raise ObservationFailed(
            Reason.UNPROVEN, "no policy of the table refuses requests without TLS"
        )

    @facet("nature", uses=["table_response"])
    def nature(self, table: Resource, response: Any) -> Mapping[str, Any]:
        """Return when the table was created."""
        return {
            "form": "table",
            "created_at": instant(demand(_described(response), "CreationDateTime")),
        }

    @facet("tags", uses=["tags_response"])
    def tags(self, table: Resource, response: Any) -> Mapping[str, str]:
        """Return the tags."""
        return table_tags(response)


def table_tags(response: Any) -> Mapping[str, str]:
    """Return a table's tags; a page that is missing makes them unknown."""
    if response is ABSENT:
        return {}
    if response.failure:
        failure = response.failure
        raise ObservationFailed(failure.reason, failure.message, failure.permission)
    return tags_of(response.items)


def _described(response: Any) -> Mapping[str, Any]:
    if response is ABSENT:
        raise ObservationFailed(Reason.NO_DATA, "the table was deleted after it was listed")
    described: Mapping[str, Any] = demand(response, "Table")
    demand(described, "TableArn")
    return described
