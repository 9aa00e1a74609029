"""Make declared calls, each once per key, and turn whatever they raise into a failure."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from troth.checker import ABSENT, Call, Checker, ObservationFailed, Reason
from troth.errors import CheckerBug
from troth.events import DEBUG, tell
from troth.model import Failure


class Calls:
    """The calls of one run: answers by key, counters for the envelope.

    Checkers of one partition share answers, because the key holds the function that makes the
    call and not the checker. Safe for many threads: who comes second waits for the first.
    """

    def __init__(self, limit: int = 0) -> None:
        """Allow ``limit`` calls at the same time; 0 means as many as there are threads."""
        #: The functions of calls that more than one unit reads; their answers are kept.
        self.shared: set[Any] = set()
        #: What is called in each partition of a target: the checker, and the call's name.
        self.wanted: Mapping[tuple[str, str], Sequence[tuple[type[Checker], str]]] = {}
        self._answers: dict[tuple[Any, ...], dict[Any, Future[Any]]] = defaultdict(dict)
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(limit) if limit else None
        self._held = threading.local()
        self.counters: Counter[str] = Counter()

    def __call__(self, checker: Checker, name: str, *key: Any) -> Any:
        """Return the answer of the declared call; raises :class:`ObservationFailed`."""
        declared = type(checker).calls().get(name)
        if declared is None:
            raise CheckerBug(f"checker {checker.id} reads '{name}', which it does not declare")
        of = tuple(getattr(part, "id", part) for part in key)
        ident = (str(checker.target["id"]), checker.partition.name, of)
        with self._lock:
            answers = self._answers[ident]
            future = answers.get(declared.function)
            mine = future is None
            if future is None:
                future = answers[declared.function] = Future()
        if mine:
            self._answer(future, checker, declared, key)
        return future.result()

    def _answer(
        self, future: Future[Any], checker: Checker, declared: Call, key: tuple[Any, ...]
    ) -> None:
        try:
            future.set_result(self._make(checker, declared, key))
        except BaseException as error:
            future.set_exception(error)

    def _make(self, checker: Checker, declared: Call, key: tuple[Any, ...]) -> Any:
        allowed = checker.target.get("allow", ())
        if declared.effect != "read" and declared.effect not in allowed:
            effect = declared.effect
            text = f"{declared.operation} is a {effect}; allow: [{effect}] on the target permits it"
            raise ObservationFailed(Reason.NOT_ALLOWED, text)
        self._add(declared.operation, 1)
        try:
            with self._slot(checker):
                return declared.function(checker, *key)
        except ObservationFailed:
            raise
        except Exception as error:
            if declared.absent_on and checker.error_code(error) in declared.absent_on:
                return ABSENT
            failure = failure_of(type(checker), error, declared)
            # Its message may hold names that pseudonyms hide.
            tell("call failed", DEBUG, target=checker.target["id"], checker=checker.id,
                 partition=checker.partition.name, operation=declared.operation,
                 reason=failure.reason.value)  # fmt: skip
            raise ObservationFailed(failure.reason, failure.message, failure.permission) from error

    @contextlib.contextmanager
    def _slot(self, checker: Checker) -> Iterator[None]:
        """Hold one slot of the budget; a call that reads another call keeps the one it has.

        A checker that says how many resources it takes at once has caps of its own.
        """
        if self._slots is None or checker.at_once or getattr(self._held, "slot", False):
            yield
            return
        with self._slots:
            self._held.slot = True
            try:
                yield
            finally:
                self._held.slot = False

    def planned(self, checker: Checker) -> Sequence[tuple[type[Checker], str]]:
        """Return what is called in a checker's partition, by any checker."""
        return self.wanted.get((str(checker.target["id"]), checker.partition.name), ())

    def count(self, what: str, amount: int = 1) -> None:
        """Add to a counter of the envelope what a checker counts, such as ``throttled``."""
        tell("counted", DEBUG, what=what, amount=amount)
        self._add(what, amount)

    def _add(self, what: str, amount: int) -> None:
        with self._lock:
            self.counters[what] += amount

    def leave(self, target: str, partition: str) -> None:
        """Drop every answer of a partition in which nothing more is looked at."""
        with self._lock:
            for ident in [one for one in self._answers if one[:2] == (target, partition)]:
                del self._answers[ident]

    def forget(self, target: str, partition: str, resource: str) -> None:
        """Drop a resource's answers that no other unit reads, so that memory stays bounded."""
        ident = (target, partition, (resource,))
        with self._lock:
            kept = {
                function: answer
                for function, answer in self._answers.pop(ident, {}).items()
                if function in self.shared
            }
            if kept:
                self._answers[ident] = kept


def failure_of(cls: type[Checker], error: BaseException, declared: Call) -> Failure:
    """Return why a call failed: as its family knows it, else as the standard library tells it."""
    known = cls.failure_of(error, declared)
    if known is not None:
        return known
    what = f"{declared.operation}: {error}"
    permission = declared.actions[0] if declared.actions else declared.operation
    table: tuple[tuple[type[BaseException], Callable[[], Failure]], ...] = (
        (PermissionError, lambda: Failure(Reason.PERMISSION_DENIED, what, permission)),
        (TimeoutError, lambda: Failure(Reason.TIMEOUT, what)),
        (ConnectionError, lambda: Failure(Reason.UNREACHABLE, what)),
        (socket.gaierror, lambda: Failure(Reason.UNREACHABLE, what)),
        (FileNotFoundError, lambda: Failure(Reason.NO_DATA, what)),
        (UnicodeDecodeError, lambda: Failure(Reason.MALFORMED_RESPONSE, what)),
        (OSError, lambda: Failure(Reason.UNREACHABLE, what)),
    )
    for kind_of_error, make in table:
        if isinstance(error, kind_of_error):
            return make()
    text = f"checker {cls.id} failed in {declared.operation}: {error!r}; please report this bug"
    return Failure(Reason.RULE_ERROR, text)
