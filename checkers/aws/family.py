"""What every AWS checker shares: partitions, clients, asking, paging and the words for failures.

A checker of this family declares its reads with :func:`troth.checker.call` and makes them with
:meth:`AwsChecker.ask` or :meth:`AwsChecker.pages`; both refuse an operation that is not declared.

    class Volumes(AwsRegionChecker):
        id = "aws.ebs"
        kind = "data-store"
        lists = ("identity", "volumes")

        @call("ec2:DescribeVolumes", actions=["ec2:DescribeVolumes"], per="partition")
        def volumes(self) -> Rows:
            return self.pages("ec2:DescribeVolumes", "Volumes", require=["VolumeId"])

        def resources(self) -> Iterator[Resource | Listed]:
            yield from self.listed(self.read("volumes"), self._resource)

        @facet("nature", uses=["volumes"])
        def nature(self, volume: Resource, volumes: Rows) -> Mapping[str, Any]:
            row = volumes.one("VolumeId", volume.name)
            return {"form": "volume", "created_at": instant(demand(row, "CreateTime"))}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import (
    Call,
    Checker,
    Failure,
    Listed,
    ObservationFailed,
    Partition,
    Resource,
    call,
    demand,
)
from troth.checkers.aws import faults
from troth.checkers.aws.access import Access, Door, access_to, counting, host_of
from troth.checkers.aws.credentials import credential_sources
from troth.checkers.aws.facts import instant, tags_of
from troth.checkers.aws.rows import Rows, parsed, usable
from troth.errors import CheckerBug

__all__ = [
    "AwsAccountChecker",
    "AwsChecker",
    "AwsRegionChecker",
    "Rows",
    "instant",
    "tags_of",
]

_OPTIONS: Mapping[str, Any] = {
    "regions": {
        "type": "array",
        "items": {"type": "string", "pattern": "^[a-z]{2,}(-[a-z]+)+-[0-9]+$"},
        "minItems": 1,
        "uniqueItems": True,
        "description": "regions to look at; the first also answers what is asked once an account",
    },
    "profile": {"type": "string", "description": "profile of the AWS configuration files"},
    "role_arn": {"type": "string", "pattern": "^arn:", "description": "role to assume"},
    "external_id": {"type": "string", "description": "external id that the role's trust demands"},
    "endpoint_url": {
        "type": "string",
        "pattern": "^https?://",
        "description": "one address for every service, for emulators",
    },
    "timeout_seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 300},
    "max_attempts": {"type": "integer", "minimum": 1, "maximum": 10},
}


class AwsChecker(Checker):
    """Base of the family; inherit :class:`AwsAccountChecker` or :class:`AwsRegionChecker`."""

    target_type = "aws"
    client_library = ("botocore", "troth[aws]")
    options: ClassVar[Mapping[str, Any]] = _OPTIONS
    required_options: ClassVar[Sequence[str]] = ("regions",)
    lists: ClassVar[Sequence[str]] = ("identity",)

    @call("sts:GetCallerIdentity", actions=["sts:GetCallerIdentity"], per="partition")
    def identity(self) -> Mapping[str, Any]:
        """Return who the credentials belong to; asked once a process for each target."""
        answer: Mapping[str, Any] = self.access.remember(
            "identity", lambda: self.ask("sts:GetCallerIdentity", ["Account", "Arn"])
        )
        return answer

    @property
    def access(self) -> Access:
        """The sessions and clients of this target."""
        return access_to(self.target)

    @property
    def region(self) -> str:
        """The region this partition is read from."""
        return str(self.partition.values["region"])

    @property
    def account(self) -> str:
        """The account id (12 digits); the checker's ``lists`` must name ``identity``."""
        return str(demand(self.read("identity"), "Account"))

    def arn(self, service: str, name: str, region: str | None = None) -> str:
        """Return the ARN of something in this account; region ``""`` for global things."""
        caller = str(demand(self.read("identity"), "Arn")).split(":")
        partition = caller[1] if len(caller) > 5 else "aws"
        where = self.region if region is None else region
        return f"arn:{partition}:{service}:{where}:{self.account}:{name}"

    def client(self, service: str, region: str | None = None) -> Any:
        """Return the shared botocore client of a service, by default in the own region."""
        counting(lambda: self.count("throttled"))
        return self.access.client(service, region or self.region)

    def ask(
        self, operation: str, keys: Sequence[str] = (), *, region: str | None = None, **params: Any
    ) -> dict[str, Any]:
        """Make one declared operation (``service:Operation``) and demand its top-level keys.

        ``params`` are the operation's own. Raises what botocore raises, which
        :meth:`failure_of` knows, or :class:`ObservationFailed` for an answer that lacks a key.
        """
        service, method = self._method(operation)
        client = self.client(service, region)
        answer: dict[str, Any] = parsed(operation, lambda: getattr(client, method)(**params))
        for key in keys:
            demand(answer, key)
        answer.pop("ResponseMetadata", None)
        return answer

    def pages(
        self,
        operation: str,
        key: str,
        *,
        require: Sequence[str] = (),
        scalar: str = "",
        tolerant: bool = False,
        page_size: int | None = None,
        region: str | None = None,
        **params: Any,
    ) -> Rows:
        """Return the rows under ``key`` of every page of a declared operation.

        A row that is no mapping or lacks a key of ``require`` is left out, and a page after the
        first that cannot be read ends the list; both become the list's failure. An error on the
        first page is raised unless ``tolerant``. Rows that are plain strings become
        ``{scalar: string}``.
        """
        service, method = self._method(operation)
        paginator = self.client(service, region).get_paginator(method)
        pages = iter(paginator.paginate(PaginationConfig={"PageSize": page_size}, **params))
        rows: list[Mapping[str, Any]] = []
        failure: Failure | None = None
        strict = not tolerant
        while True:
            try:
                page = parsed(operation, lambda: next(pages, None))
                if page is None:
                    return Rows(tuple(rows), failure)
                listed = demand(page, *key.split("."))
                found, odd = usable(operation, listed, require, scalar)
            except Exception as error:
                known = self._known(error, operation)
                if strict or known is None:
                    raise
                return Rows(tuple(rows), known)
            strict = False
            rows.extend(found)
            failure = failure or odd

    def listed(
        self, rows: Rows, make: Callable[[Mapping[str, Any]], Resource]
    ) -> Iterator[Resource | Listed]:
        """Yield a resource for each row, and the list's failure last; a bad row costs itself."""
        for row in rows.items:
            try:
                yield make(row)
            except ObservationFailed as error:
                yield Listed(failure=error.failure)
        if rows.failure:
            yield Listed(failure=rows.failure)

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Return why a declared call failed; see :func:`troth.checkers.aws.faults.failure_of`."""
        return faults.failure_of(error, declared.operation, faults.permission_of(declared))

    @classmethod
    def error_code(cls, error: BaseException) -> str:
        """Return the service's error code."""
        return faults.error_code(error)

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return the endpoints of the services that the calls name, in the partition's region."""
        services = {made.operation.partition(":")[0] for made in cls.calls().values()}
        door, region = Door.of(target), str(partition.values["region"])
        return sorted({host_of(door, _CLIENTS.get(name, name), region) for name in services})

    @classmethod
    def credential_reads(cls, target: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        """Return all that obtaining credentials may touch, told without touching it."""
        return credential_sources(Door.of(target))

    @classmethod
    def _declared(cls, operation: str) -> Call:
        for made in cls.calls().values():
            if made.operation == operation:
                return made
        raise CheckerBug(f"checker {cls.id}: {operation} is not declared")

    def _method(self, operation: str) -> tuple[str, str]:
        from botocore import xform_name  # type: ignore[import-untyped]

        self._declared(operation)
        service, _, name = operation.partition(":")
        return _CLIENTS.get(service, service), xform_name(name)

    def _known(self, error: Exception, operation: str) -> Failure | None:
        if isinstance(error, ObservationFailed):
            return error.failure
        return self.failure_of(error, self._declared(operation))


#: Where the client's name differs from the service prefix of the permissions.
_CLIENTS: Mapping[str, str] = {"elasticloadbalancing": "elbv2", "access-analyzer": "accessanalyzer"}


class AwsAccountChecker(AwsChecker):
    """For what AWS lists once an account: one partition, read from the first region."""

    #: Told apart from regions in plans.
    scope: ClassVar[str] = "account"

    @classmethod
    def partitions(cls, target: Mapping[str, Any]) -> Iterator[Partition]:
        """Yield the account as a whole, under the target's id."""
        yield Partition(str(target["id"]), {"region": target["regions"][0]})


class AwsRegionChecker(AwsChecker):
    """For what AWS lists region by region: one partition for each region of the target."""

    scope: ClassVar[str] = "region"

    @classmethod
    def partitions(cls, target: Mapping[str, Any]) -> Iterator[Partition]:
        """Yield each region, under its own name."""
        for region in target["regions"]:
            yield Partition(str(region), {"region": region})
