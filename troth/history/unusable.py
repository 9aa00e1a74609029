"""Why a store cannot be used, and for how long one waits until it can."""

from __future__ import annotations

from troth.errors import UsageError

#: Seconds that a writer waits for another one.
PATIENCE = 60


class StoreError(UsageError):
    """The store cannot be used; what is wrong with it and the next step."""


class StoreAway(StoreError):
    """The store cannot be used now, and perhaps can be later: a server is down, a disk is full."""


class NoHistory(StoreError):
    """There is no history at this place yet."""
