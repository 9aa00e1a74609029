"""What AWS Backup keeps in its vaults, and the backup-sets of stores that are gone.

A copy in another region or account is a backup-set of its own, with ``@region`` behind the
source's ARN, so that it is judged for encryption, place and age, but never taken for the store's
own series.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from troth.checker import Facts, Listed, ObservationFailed, Resource, call
from troth.checkers.aws.facts import tags_of
from troth.checkers.aws.family import AwsChecker, Rows
from troth.checkers.aws.points import created_after


class BackupChecker(AwsChecker):
    """Base of the backup-set checkers: the reads of AWS Backup.

    Its calls are the same for every kind of store, so a run makes them once a region for all.
    """

    kind = "backup-set"
    #: How the ARN of this checker's stores is told: its service, and how its last part begins.
    source_service: ClassVar[str]
    source_prefix: ClassVar[str] = ""

    @call("backup:ListBackupVaults", actions=["backup:ListBackupVaults"], per="partition")
    def vaults(self) -> Rows:
        """Return the vaults of every region looked at; a region that refuses costs itself."""
        found = [self._vaults_of(region) for region in self.vault_regions()]
        rows = tuple(row for rows in found for row in rows.items)
        return Rows(rows, next((rows.failure for rows in found if rows.failure), None))

    def _vaults_of(self, region: str) -> Rows:
        rows = self.pages(
            "backup:ListBackupVaults",
            "BackupVaultList",
            require=["BackupVaultName"],
            region=region,
            tolerant=True,
        )
        return Rows(tuple({**row, "Region": region} for row in rows.items), rows.failure)

    @call(
        "backup:ListRecoveryPointsByBackupVault",
        actions=["backup:ListRecoveryPointsByBackupVault"],
        per="key",
    )
    def vault_points(self, key: str) -> Rows:
        """Return the recovery points of one vault; the key is ``lookback/region/vault``."""
        lookback, region, vault = key.split("/", 2)
        since = created_after(lookback)
        narrowed: dict[str, Any] = {"ByCreatedAfter": since} if since else {}
        rows = self.pages(
            "backup:ListRecoveryPointsByBackupVault",
            "RecoveryPoints",
            require=["RecoveryPointArn", "ResourceArn"],
            region=region,
            tolerant=True,
            BackupVaultName=vault,
            **narrowed,
        )
        placed = tuple({**row, "Place": f"aws:{region}:{vault}"} for row in rows.items)
        return Rows(placed, rows.failure)

    def vault_regions(self) -> Sequence[str]:
        """Return the regions whose vaults are listed."""
        return [self.region]

    def vault_keys(self, _: Any = None) -> Iterator[str]:
        """Yield the key of every vault; it holds the lookback because that changes the answer."""
        lookback = self.request("points").get("lookback", "all")
        for row in self.read("vaults").items:
            yield f"{lookback}/{row['Region']}/{row['BackupVaultName']}"

    def gone_sets(self, live: set[str], *native: Callable[[], Rows]) -> Iterator[Resource | Listed]:
        """Yield a set for each store that has recovery points but is not ``live`` (ARNs).

        ``native`` list the service's own points as rows with a ``ResourceArn``. A listing that
        fails makes the list of sets incomplete: there may be sets that nobody knows of.
        """
        vaulted = [partial(self.read, "vault_points", key) for key in self.vault_keys()]
        seen = set(live)
        listings: list[Callable[[], Rows]] = [*native, partial(self.read, "vaults"), *vaulted]
        for listing in listings:
            try:
                rows: Rows = listing()
            except ObservationFailed as error:
                yield Listed(failure=error.failure)
                continue
            for row in rows.items:
                source = str(row.get("ResourceArn", ""))
                if self.is_store(source) and source not in seen:
                    seen.add(source)
                    name = re.split("[:/]", source)[-1].partition("#")[0]
                    yield Resource(self.set_id(source), name, self.partition.name)
            if rows.failure:
                yield Listed(failure=rows.failure)

    def is_store(self, source: str) -> bool:
        """Tell whether a recovery point's source is of this checker's kind of store."""
        parts = source.split(":", 5)
        return (
            len(parts) == 6
            and parts[2] == self.source_service
            and parts[5].startswith(self.source_prefix)
        )

    def unlisted_subject(self, form: str, store: Resource, stores: Rows) -> Facts:
        """Return the subject of a store that is not listed: its creation is not recorded.

        With an incomplete list of stores it may exist after all, and nothing is known of it,
        unless its id alone tells that it is not there.
        """
        state = self.state_by_id(store)
        if stores.failure is None or state:
            state = state or "gone"
            return Facts({"form": form, "state": state, "created_at": None, "system": ""})
        missing = dict.fromkeys(("state", "created_at", "system"), stores.failure)
        return Facts({"form": form}, missing=missing)

    def state_by_id(self, store: Resource) -> str:
        """Return what a set's id tells of its store's state, or an empty string.

        ``@`` marks a source elsewhere, ``#`` a store whose name now belongs to another one.
        """
        if "@" in store.id:
            return "copy"
        return "gone" if "#" in store.id else ""

    def tags_from(
        self, stores: Rows, found: Sequence[Mapping[str, Any]], key: str = "Tags"
    ) -> Mapping[str, str]:
        """Return the tags of the store's row; a store that is gone has none."""
        if not found and stores.failure is not None:
            failure = stores.failure
            raise ObservationFailed(failure.reason, failure.message, failure.permission)
        return tags_of(found[0].get(key, [])) if found else {}

    def set_id(self, source: str) -> str:
        """Return the backup-set's id for a store's ARN, marked if the store lies elsewhere."""
        parts = source.split(":")
        region, account = (parts[3], parts[4]) if len(parts) > 5 else ("", "")
        at_home = region in ("", self.region) and account in ("", self.account)
        return source if at_home else f"{source}@{self.region}"
