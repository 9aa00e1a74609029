"""The listing of a project's buckets, for every checker that looks at buckets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from troth.checker import (
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.gcp.answers import understood
from troth.checkers.gcp.family import GcpChecker, bucket_resource

#: A bucket's name goes into paths as it is, so a name that could mean another path is none.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class BucketLister(GcpChecker):
    """Base of the checkers of buckets: one resource a bucket, from ``storage.buckets.list``."""

    lists = ("bucket_list",)

    @call("storage:BucketsList", actions=["storage.buckets.list"], per="partition")
    def bucket_list(self) -> dict[str, Any]:
        """Return every bucket by name, and why there may be more (``failure``, or None).

        Source: storage.buckets.list. A first page that cannot be read raises; a later one, a row
        without a name, and places that were out of reach only end or thin out the list.
        """
        buckets: dict[str, Any] = {}
        failure: Failure | None = None
        begun = False
        try:
            for page in self._pages():
                failure = _take(page, buckets) or failure
                begun = True
        except Exception as error:
            failure = self.known(error, "bucket_list")
            if not begun or failure is None:
                raise
        return {"buckets": buckets, "failure": failure and failure.as_json()}

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every bucket of the project, then why the list is incomplete, if it is."""
        listing = self.read("bucket_list")
        for name in sorted(listing["buckets"]):
            yield bucket_resource(name, self.partition.name)
        if listing["failure"]:
            yield Listed(failure=Failure.from_json(listing["failure"]))

    @facet("tags", uses=["bucket_list"])
    def tags(self, bucket: Resource, listing: Mapping[str, Any]) -> dict[str, str]:
        """Return the bucket's labels; Google leaves the member out when there are none."""
        labels = row_of(listing, bucket).get("labels", {})
        if not isinstance(labels, Mapping):
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "labels is no object")
        return {str(name): str(value) for name, value in labels.items()}

    def _pages(self) -> Iterator[Mapping[str, Any]]:
        """Yield each page of the list as Google sent it.

        The raw page is used, not the client's buckets: those answer with a default (access is not
        uniform, prevention is inherited) for what is absent, and a page without its list is an
        empty one to them.
        """
        tries, tokens = self.tries(), set()
        found = self.client.list_buckets(timeout=self.timeout, retry=tries.retry())
        pages = found.pages
        while True:
            tries.start_over()
            with understood():
                page = next(pages, None)
            if page is None:
                return
            yield page.raw_page
            token = str(found.next_page_token or "")
            if not token:
                return
            if token in tokens:
                words = "the same page comes again and again"
                raise ObservationFailed(Reason.MALFORMED_RESPONSE, words)
            tokens.add(token)

    def known(self, error: Exception, call_name: str) -> Failure | None:
        """Return why the named call failed, or None for what this family does not know."""
        if isinstance(error, ObservationFailed):
            return error.failure
        return self.failure_of(error, self.calls()[call_name])


def _take(page: Mapping[str, Any], buckets: dict[str, Any]) -> Failure | None:
    """Add a page's buckets; an empty page has no ``items``, so ``kind`` is what must be there."""
    if demand(page, "kind") != "storage#buckets":
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the answer is no list of buckets")
    rows = page.get("items", [])
    if not isinstance(rows, list):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "items is no list")
    good = [row for row in rows if isinstance(row, Mapping) and _is_name(row.get("name"))]
    buckets.update((str(row["name"]), row) for row in good)
    if len(good) < len(rows):
        lost = len(rows) - len(good)
        return Failure(Reason.MALFORMED_RESPONSE, f"{lost} of {len(rows)} buckets have no name")
    if page.get("unreachable"):
        return Failure(Reason.UNREACHABLE, "some locations could not be reached for the list")
    return None


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def row_of(listing: Mapping[str, Any], bucket: Resource) -> Mapping[str, Any]:
    """Return the listing's row of a bucket; ``malformed-response`` if it is none."""
    row: Mapping[str, Any] = demand(listing, "buckets", bucket.name)
    if demand(row, "kind") != "storage#bucket":
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the row is no bucket")
    return row


def instant(value: Any) -> str:
    """Return an RFC 3339 time of Google's as an ISO 8601 instant in UTC."""
    try:
        made = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        made = None
    if made is None or made.tzinfo is None:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a time is no instant")
    return made.astimezone(UTC).isoformat()
