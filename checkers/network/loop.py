"""One event loop on one thread for all probes; the worker threads of a run hand probes to it.

A process that was forked has no threads but one, and a thread may die: whoever asks then gets a
new loop, and whoever waited for the old one an error.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from troth.checkers.network.limits import Limits
from troth.checkers.network.resolver import Resolver

_Result = TypeVar("_Result")


class Loop:
    """A running event loop with its caps and its lookups."""

    def __init__(self) -> None:
        """Start the thread; it ends with the process."""
        self.limits = Limits()
        self.resolver = Resolver()
        self._process = os.getpid()
        self._waiting: set[concurrent.futures.Future[Any]] = set()
        self._ended = False
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="probes", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Tell whether the thread runs, in this process."""
        return self._process == os.getpid() and self._thread.is_alive() and not self._ended

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            with self._lock:
                self._ended = True
                left = list(self._waiting)
            for future in left:
                with contextlib.suppress(concurrent.futures.InvalidStateError):
                    future.set_exception(RuntimeError("the event loop of the probes has ended"))
            self._drop()

    def _drop(self) -> None:
        """Let what is left unwind, so that connections are closed, and close the loop."""
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            with contextlib.suppress(Exception):
                self._loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
        self._loop.close()

    def run(self, probe: Coroutine[Any, Any, _Result]) -> _Result:
        """Run a probe to its end and return what it does; call it from any other thread.

        When the caller is torn away (an exception in its thread), the probe is cancelled. Raises
        RuntimeError on the loop's own thread, which would wait for itself, and when the loop has
        ended.
        """
        try:
            future = self._submit(probe)
        except RuntimeError:
            probe.close()
            raise
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise
        finally:
            self._waiting.discard(future)

    def _submit(self, probe: Coroutine[Any, Any, _Result]) -> concurrent.futures.Future[_Result]:
        if threading.current_thread() is self._thread:
            raise RuntimeError("a probe cannot wait for another on the thread of all probes")
        with self._lock:
            if not self.alive:
                raise RuntimeError("the event loop of the probes has ended")
            future = asyncio.run_coroutine_threadsafe(probe, self._loop)
            self._waiting.add(future)
        return future


class Shared:
    """A loop of this process, started when it is first needed."""

    def __init__(self) -> None:
        """Prepare; a process that was forked begins anew."""
        self._forget()
        # A lock that another thread held at a fork would never open in the child.
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._loop: Loop | None = None
        self._lock = threading.Lock()

    def get(self) -> Loop:
        """Return the running loop."""
        with self._lock:
            if self._loop is None or not self._loop.alive:
                self._loop = Loop()
            return self._loop


_shared = Shared()


def shared() -> Loop:
    """Return the loop of all probes of this process."""
    return _shared.get()
