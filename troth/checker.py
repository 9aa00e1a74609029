"""What the author of a checker imports: the class, the declarations, and the failures.

A checker lists resources of one kind in one partition of a target and computes facets of them.
Every read of the outside world is a method marked with :func:`call`; every facet is a method
marked with :func:`facet` that receives the responses it ``uses``. The engine makes the calls,
each once per key, turns what they raise into data, and never lets a checker do both at once: a
facet is a pure function of responses, so it is tested without a network and re-read years later.

    class Buckets(Checker):
        id = "acme.bucket"
        kind = "data-store"
        target_type = "acme"

        @call("acme:ListBuckets", actions=["acme:List"], per="partition")
        def buckets(self) -> Json: ...

        @call("acme:GetEncryption", actions=["acme:GetEncryption"], per="resource")
        def encryption_response(self, resource: Resource) -> Json: ...

        def resources(self) -> Iterator[Resource]:
            for row in self.read("buckets")["Buckets"]:
                yield Resource(id=row["Arn"], name=row["Name"])

        @facet("encryption", uses=["encryption_response"])
        def encryption(self, resource: Resource, response: Json) -> Facts: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar

from troth.errors import CheckerBug, Problem
from troth.model import Failure, Reason, Resource

__all__ = [
    "ABSENT",
    "Call",
    "Checker",
    "Facet",
    "Facts",
    "Failure",
    "Listed",
    "ObservationFailed",
    "Partition",
    "Reason",
    "Request",
    "Resource",
    "call",
    "complete",
    "demand",
    "facet",
    "partial",
]

Per = Literal["partition", "resource", "key"]
Effect = Literal["read", "data-read", "job"]
_Method = TypeVar("_Method", bound=Callable[..., Any])


class ObservationFailed(Exception):
    """Raised inside a call, a facet or a listing: it could not be read, and this is why."""

    def __init__(self, reason: Reason, message: str, permission: str = "") -> None:
        """Keep the failure as data."""
        super().__init__(message)
        self.failure = Failure(reason, message, permission)


class _Absent:
    """The value of a call whose error is itself the answer (``absent_on``)."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


#: What a facet receives instead of a response when the call answered with a declared error.
ABSENT = _Absent()


@dataclass(frozen=True)
class Call:
    """One declared read of the outside world.

    ``operation`` is ``service:Operation`` as the provider names it, or a short verb for local
    reads (``file:/etc/shadow``). ``actions`` are the permissions it needs. ``per`` says what one
    answer is valid for and therefore how often the call is made: once a partition, once a
    resource, or once per key that the facet's ``keys`` method gives. ``absent_on`` lists error
    codes that are an answer (no lifecycle configured). ``effect`` is ``read`` unless contents are
    read (``data-read``) or a job is started at the server (``job``): those run only where the
    target says ``allow: [data-read]``.
    """

    name: str
    operation: str
    actions: tuple[str, ...]
    per: Per
    absent_on: tuple[str, ...]
    effect: Effect
    function: Callable[..., Any]


@dataclass(frozen=True)
class Facet:
    """One declared facet: the calls it uses, in the order in which it takes their responses."""

    name: str
    uses: tuple[str, ...]
    keys: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Facts:
    """What a facet method returns when single facts are missing, or raw detail is to be kept.

    A plain dict of facts may be returned instead. ``raw`` is provider detail for the evidence
    that no control reads; it must hold no secret.
    """

    values: Mapping[str, Any]
    missing: Mapping[str, Failure] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Partition:
    """A part of a target that is listed and fails on its own: an account, a region, a host."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Listed:
    """Yield one of these from ``resources`` to say something about the list itself.

    ``failure`` tells that the list is incomplete from here on (one page was refused); what was
    yielded stands. ``content_at`` is the ISO 8601 instant that the list speaks for.
    """

    failure: Failure | None = None
    content_at: str = ""


#: What the clauses ask of one facet, by request name (``{"lookback": "P31D"}``).
Request = Mapping[str, Any]


def call(
    operation: str,
    *,
    actions: Sequence[str],
    per: Per,
    absent_on: Sequence[str] = (),
    effect: Effect = "read",
) -> Callable[[_Method], _Method]:
    """Declare a method as a read of the outside world; see :class:`Call` for the arguments.

    The method takes ``self`` and, by ``per``: nothing, the :class:`Resource`, or the key.
    """

    def mark(method: _Method) -> _Method:
        declared = Call(
            method.__name__, operation, tuple(actions), per, tuple(absent_on), effect, method
        )
        method.__troth_call__ = declared  # type: ignore[attr-defined]
        return method

    return mark


def facet(name: str, *, uses: Sequence[str] = (), keys: str = "") -> Callable[[_Method], _Method]:
    """Declare a method as the computation of a facet from the responses of the calls it uses.

    The method takes ``self``, the resource and one argument per call in ``uses``: the response,
    :data:`ABSENT`, or for a ``per="key"`` call a dict of key to response. ``keys`` names the
    method ``(self, resource) -> Iterable[str]`` that gives those keys. What the clauses request
    of the facet is in ``self.request(name)``. A failed call fails just the facets that use it.
    """

    def mark(method: _Method) -> _Method:
        method.__troth_facet__ = Facet(name, tuple(uses), keys, method)  # type: ignore[attr-defined]
        return method

    return mark


class Checker:
    """Base of every checker: subclass, set the class attributes, declare calls and facets.

    One instance is made per partition. ``target`` is the target's configuration as it stands in
    troth.yaml (already validated against :attr:`options`), ``partition`` the part to look at.
    Methods may be called from several threads at once.
    """

    #: Unique, ``family.thing`` (``aws.s3``); the name in plans, shards and ``troth list``.
    id: ClassVar[str]
    #: The kind of every resource this checker yields.
    kind: ClassVar[str]
    #: The ``type:`` of the targets this checker looks at.
    target_type: ClassVar[str]
    #: JSON Schema ``properties`` of the target's own keys in troth.yaml.
    options: ClassVar[Mapping[str, Any]] = {}
    #: Which of ``options`` must be there.
    required_options: ClassVar[Sequence[str]] = ()
    #: The module that the calls import and what to install for it: ``("botocore", "troth[aws]")``.
    client_library: ClassVar[tuple[str, str]] = ("", "")
    #: How many resources are observed at the same time; 0 shares the run's threads (``--jobs``).
    #: For checkers whose calls spend their time waiting for peers and have caps of their own.
    at_once: ClassVar[int] = 0
    #: Names of per="partition" calls that ``resources`` reads; they are planned and permitted.
    lists: ClassVar[Sequence[str]] = ()
    #: Names of per="partition" calls out of whose answers the others take theirs; planned with
    #: them. Such a call may ask :meth:`planned` what it has to bring.
    basis: ClassVar[Sequence[str]] = ()

    def __init__(
        self,
        target: Mapping[str, Any],
        partition: Partition,
        read: Callable[..., Any],
        requests: Mapping[str, Request],
    ) -> None:
        """Keep what the engine hands over; do no I/O here."""
        self.target = target
        self.partition = partition
        self._read = read
        self._requests = requests

    @classmethod
    def partitions(cls, target: Mapping[str, Any]) -> Iterator[Partition]:
        """Yield the parts of a target that are listed on their own; no I/O."""
        yield Partition(str(target["id"]))

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return every ``host:port`` that the calls may connect to; empty for local reads.

        The plan prints it, and a test compares it with the sockets that were really opened.
        """
        return ()

    @classmethod
    def credential_reads(cls, target: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        """Return ``(operation, permission, host:port)`` of what obtaining credentials costs."""
        return ()

    @classmethod
    def problems(cls, target: Mapping[str, Any]) -> Iterable[Problem]:
        """Return what is wrong with files that the user wrote for this target (a register).

        They are input like a policy: asked for before anything is looked at, a problem ends the
        run with exit code 2. Called once per target and checker; reads local files only.
        """
        return ()

    def count(self, what: str, amount: int = 1) -> None:
        """Add to a counter of the run's envelope (``throttled``, ``retries``); never judged."""
        self._read.count(what, amount)  # type: ignore[attr-defined]

    def planned(self) -> Sequence[tuple[type[Checker], str]]:
        """Return every call that the run makes in this partition: its checker, and its name.

        For calls that bring the answers of others, also of other checkers, in one exchange.
        """
        found: Sequence[tuple[type[Checker], str]] = self._read.planned(self)  # type: ignore[attr-defined]
        return found

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every resource of the partition; read calls through :meth:`read` only.

        Raise :class:`ObservationFailed` when nothing can be listed; yield a :class:`Listed` with
        a failure when the rest cannot.
        """
        raise NotImplementedError

    def read(self, name: str, *key: Any) -> Any:
        """Make the declared call ``name`` once per key and return its response.

        For use inside :meth:`resources` and ``keys`` methods. Raises
        :class:`ObservationFailed`; returns :data:`ABSENT` for a declared error.
        """
        return self._read(self, name, *key)

    def request(self, facet_name: str) -> Request:
        """Return what the selected clauses ask of the facet; empty if nothing special."""
        return self._requests.get(facet_name, {})

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Turn what a call raised into a failure, or None if this family does not know it.

        Families override this for their client library's exceptions. The engine knows timeouts
        and connection errors of the standard library, and makes a bug report of the rest.
        """
        return None

    @classmethod
    def error_code(cls, error: BaseException) -> str:
        """Return the provider's error code for ``absent_on``, or an empty string."""
        return ""

    @classmethod
    def calls(cls) -> dict[str, Call]:
        """Return every declared call of the class by method name."""
        return dict(_marked(cls, "__troth_call__"))

    @classmethod
    def facets(cls) -> dict[str, Facet]:
        """Return every declared facet of the class by facet name."""
        return {made.name: made for made in _marked(cls, "__troth_facet__").values()}


def _marked(cls: Any, mark: str) -> dict[str, Any]:
    return _found_marked(cls, mark)


@cache
def _found_marked(cls: Any, mark: str) -> dict[str, Any]:
    found = {}
    for name in sorted({name for base in cls.__mro__ for name in vars(base)}):
        declared = getattr(getattr(cls, name, None), mark, None)
        if declared is not None:
            found[name] = declared
    return found


def demand(response: Any, *path: str) -> Any:
    """Return ``response[path[0]][path[1]]…`` or raise ``malformed-response`` naming what lacks.

    Use this, never ``.get(key, default)``, for what decides a fact: a truncated answer that a
    client library turned into an empty success must not read as "nothing there".
    """
    value = response
    for depth, key in enumerate(path):
        if not isinstance(value, Mapping) or key not in value:
            where = ".".join(path[: depth + 1])
            raise ObservationFailed(
                Reason.MALFORMED_RESPONSE, f"the response has no {where}; it may be truncated"
            )
        value = value[key]
    return value


def complete(items: Iterable[Any]) -> dict[str, Any]:
    """Return a list fact that holds everything there is, sorted."""
    return {"items": sorted(items, key=_sort_key), "complete": True}


def partial(items: Iterable[Any]) -> dict[str, Any]:
    """Return a list fact of what could be read, sorted, without the claim to be complete."""
    return {"items": sorted(items, key=_sort_key)}


def _sort_key(item: Any) -> str:
    import json

    return json.dumps(item, sort_keys=True, ensure_ascii=False)


def check_declaration(cls: type[Checker]) -> None:
    """Raise :class:`~troth.errors.CheckerBug` if the class contradicts itself."""
    calls = cls.calls()
    for name, made in cls.facets().items():
        unknown = [used for used in made.uses if used not in calls]
        if unknown:
            raise CheckerBug(f"checker {cls.id}: facet {name} uses undeclared {unknown[0]}")
        keyed = [used for used in made.uses if calls[used].per == "key"]
        if keyed and not made.keys:
            raise CheckerBug(f"checker {cls.id}: facet {name} uses {keyed[0]} but gives no keys")
    for name in (*cls.lists, *cls.basis):
        if name not in calls:
            raise CheckerBug(f"checker {cls.id}: lists undeclared {name}")
