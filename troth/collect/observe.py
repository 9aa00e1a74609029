"""Observe one unit: list its resources, compute the wanted facets of each, lose nothing."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from troth import canonical, credentials
from troth.checker import Checker, Facet, Facts, Listed, ObservationFailed, Resource
from troth.collect.calls import Calls
from troth.collect.door import Door
from troth.collect.ending import Ending
from troth.errors import CheckerBug
from troth.kinds import Kind
from troth.model import TAGS, Failure, Listing, Reason
from troth.plan import Unit

#: What parsing a strange response may raise; anything else in a facet is a bug and says so.
_STRANGE = (KeyError, IndexError, TypeError, ValueError, AttributeError)
#: The members of a recorded observation that its digest covers, with the facet's name.
COVERED = ("covered", "facts", "failure", "missing")

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Seen:
    """What one unit saw: its listing, and one recorded line per resource, sorted by id."""

    listing: Listing
    lines: tuple[dict[str, Any], ...]


@dataclass
class Observer:
    """Observes units with shared calls; ``pool`` runs resources, ``seconds`` bounds a unit.

    ``progress`` is told the unit's key, how many of its resources are done, and how many it has;
    from whichever thread was the last to work on one.
    """

    calls: Calls
    kinds: Mapping[str, Kind]
    pool: Executor
    seconds: float = 600.0
    clock: Clock = now
    progress: Callable[[str, int, int], None] = field(default=lambda unit, done, total: None)
    ending: Ending = field(default_factory=lambda: Ending(threading.Event()))
    door: Door = field(default_factory=Door)

    def observe(self, cls: type[Checker], target: Mapping[str, Any], unit: Unit) -> Seen:
        """Return everything the unit shows; never raises for what the outside world does."""
        deadline = monotonic() + self.seconds
        checker = cls(target, unit.partition, self.calls, unit.requests)
        resources, listing = self._list(checker, unit.kind)
        with self._pool(checker, len(resources)) as pool:
            tasks = {
                shown: pool.submit(self._line, checker, unit, resource)
                for shown, resource in resources.items()
            }
            self._tell(unit, tasks.values())
            lines = [
                self._taken(tasks[shown], resources[shown], unit, deadline)
                for shown in sorted(resources)
            ]
        return Seen(listing, tuple(lines))

    def _tell(self, unit: Unit, tasks: Collection[Future[dict[str, Any]]]) -> None:
        """Report each resource as it is done: the slowest must not hide the others."""
        ended = itertools.count(1)
        for task in tasks:
            task.add_done_callback(lambda _: self.progress(unit.key, next(ended), len(tasks)))

    @contextlib.contextmanager
    def _pool(self, checker: Checker, resources: int) -> Iterator[Executor]:
        """Yield the run's threads, or the checker's own; late ones are left behind."""
        if not checker.at_once or not resources:
            yield self.pool
            return
        own = ThreadPoolExecutor(min(checker.at_once, resources), thread_name_prefix="probe")
        try:
            yield own
        finally:
            own.shutdown(wait=False, cancel_futures=True)

    def _list(self, checker: Checker, kind: str) -> tuple[dict[str, Resource], Listing]:
        """Return the resources by the ids that are recorded, and what is said of the list."""
        found: dict[str, Resource] = {}
        failure: Failure | None = None
        content_at = ""
        try:
            for row in checker.resources():
                if isinstance(row, Listed):
                    failure, content_at = failure or row.failure, row.content_at or content_at
                    continue
                shown, why = self._admitted(checker, kind, row, found)
                failure = failure or why
                found.setdefault(shown, row)
        except ObservationFailed as error:
            failure = error.failure
        except _STRANGE as error:
            text = f"{checker.id} cannot read the listing: {error!r}"
            failure = Failure(Reason.MALFORMED_RESPONSE, text)
        except (Exception, SystemExit) as error:  # a bug costs the listing, never the run
            failure = _bug(checker, error)
        if failure:
            failure = self.door.failure(kind, failure)
            failure = Failure.from_json(canonical.carried(failure.as_json()))
        return found, Listing(len(found), failure, credentials.redacted(content_at))

    def _admitted(
        self, checker: Checker, kind: str, row: Resource, found: Mapping[str, Resource]
    ) -> tuple[str, Failure | None]:
        """Return the id that a resource is recorded under, and what that costs the list."""
        shown, what = self.door.resource(kind, row)
        if shown.id in found:
            text = f"{checker.id} listed {shown.id} twice; one of them is not judged"
            return shown.id, Failure(Reason.MALFORMED_RESPONSE, text)
        if what:
            text = f"the id of {shown.id} holds a credential, which is never recorded; rename it"
            return shown.id, Failure(Reason.NOT_ALLOWED, text)
        return shown.id, None

    def _taken(
        self, task: Future[dict[str, Any]], resource: Resource, unit: Unit, deadline: float
    ) -> dict[str, Any]:
        """Return a resource's line, or its timeout when the unit's time is up."""
        while not task.done():
            left = deadline - monotonic()
            if self.ending():
                return self._unobserved(resource, unit, self.ending.before("read"))
            if left <= 0:
                task.cancel()
                text = f"the unit's {self.seconds:g} s were up; raise --timeout or look again"
                return self._unobserved(resource, unit, Failure(Reason.TIMEOUT, text))
            wait([task], timeout=min(left, 0.5))
        return task.result()

    def _unobserved(self, resource: Resource, unit: Unit, why: Failure) -> dict[str, Any]:
        facets = (*unit.facets, *unit.unsupported)
        seen = {name: self._failed(unit, name, why, self.clock()) for name in facets}
        return self._recorded(unit, resource, seen)

    def _line(self, checker: Checker, unit: Unit, resource: Resource) -> dict[str, Any]:
        if self.ending():
            return self._unobserved(resource, unit, self.ending.before("read"))
        seen = {name: self._facet(checker, unit, name, resource) for name in unit.facets}
        for name in unit.unsupported:
            text = f"{checker.id} does not read the facet {name}"
            failure = Failure(Reason.NOT_SUPPORTED, text)
            seen[name] = self._failed(unit, name, failure, self.clock())
        self.calls.forget(unit.target, unit.partition.name, resource.id)
        return self._recorded(unit, resource, seen)

    def _facet(self, checker: Checker, unit: Unit, name: str, resource: Resource) -> dict[str, Any]:
        made = type(checker).facets().get(name)
        at = self.clock()
        try:
            return self._observed(unit, name, made, self._facts(checker, made, resource), at)
        except ObservationFailed as error:
            failure = error.failure
        except CheckerBug as error:
            failure = Failure(Reason.RULE_ERROR, str(error))
        except _STRANGE as error:
            text = f"{checker.id} cannot read {name} of {resource.id}: {error!r}"
            failure = Failure(Reason.MALFORMED_RESPONSE, text)
        except (Exception, SystemExit) as error:  # a bug costs the facet, never the run
            failure = _bug(checker, error)
        return self._failed(unit, name, failure, at)

    def _facts(self, checker: Checker, made: Facet | None, resource: Resource) -> Facts:
        labels = checker.target.get("tags", {})
        if made is None:
            return Facts(dict(labels))
        answers = [self._answer(checker, made, used, resource) for used in made.uses]
        value = made.function(checker, resource, *answers)
        facts = value if isinstance(value, Facts) else Facts(value)
        if made.name == TAGS:
            return Facts({**labels, **facts.values}, facts.missing, facts.raw)
        return facts

    def _answer(self, checker: Checker, made: Facet, used: str, resource: Resource) -> Any:
        per = type(checker).calls()[used].per
        if per == "partition":
            return checker.read(used)
        if per == "resource":
            return checker.read(used, resource)
        keys: Iterable[str] = getattr(checker, made.keys)(resource)
        return {key: checker.read(used, key) for key in sorted(keys)}

    def _observed(
        self, unit: Unit, name: str, made: Facet | None, facts: Facts, at: datetime
    ) -> dict[str, Any]:
        wrong = self.kinds[unit.kind].validate(name, facts.values, facts.missing)
        if wrong:
            text = f"{unit.checker} read {name} that {unit.kind} does not allow: {'; '.join(wrong)}"
            return self._failed(unit, name, Failure(Reason.MALFORMED_RESPONSE, text), at)
        facts = self.door.facts(unit.kind, name, facts)
        body = {
            "facts": dict(facts.values),
            "missing": {fact: why.as_json() for fact, why in sorted(facts.missing.items())},
            "covered": dict(unit.requests.get(name, {})),
        }
        canonical.dumps(facts.raw)  # what cannot be written costs this facet, not the shard
        return _sealed(name, body) | {
            "calls": list(made.uses) if made else [],
            "observed_at": at.isoformat(timespec="milliseconds"),
            "raw": dict(facts.raw),
        }

    def _failed(self, unit: Unit, name: str, failure: Failure, at: datetime) -> dict[str, Any]:
        told = self.door.failure(unit.kind, failure)
        sealed = _sealed(name, {"failure": canonical.carried(told.as_json())})
        return sealed | {"observed_at": at.isoformat(timespec="milliseconds")}

    def _recorded(
        self, unit: Unit, resource: Resource, seen: Mapping[str, dict[str, Any]]
    ) -> dict[str, Any]:
        shown, _ = self.door.resource(unit.kind, resource)
        return canonical.carried(shown._asdict()) | {
            "facets": {name: seen[name] for name in sorted(seen)},
        }


def _bug(checker: Checker, error: BaseException) -> Failure:
    text = f"checker {checker.id} failed: {error!r}; please report this bug"
    return Failure(Reason.RULE_ERROR, text)


def covered(name: str, seen: Mapping[str, Any]) -> bytes:
    """Return what the digest of a recorded observation has to be over, in canonical JSON.

    That is the facet's name and what was seen, but not the time.
    """
    return canonical.dumps({"facet": name, **{key: seen[key] for key in COVERED if key in seen}})


def is_sealed(name: str, seen: Mapping[str, Any]) -> bool:
    """Tell whether a recorded observation has the digest of what it holds."""
    return bool(canonical.digest_of(covered(name, seen)) == seen["digest"])


def _sealed(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return what was seen with its digest."""
    return body | {"digest": canonical.digest_of(covered(name, body))}
