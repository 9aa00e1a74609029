"""A depot over real HTTP: halls full of boxes, a server that counts, and a checker that asks it."""

from __future__ import annotations

import json
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

WORKSPACE = Path(__file__).parents[1] / "cli" / "workspace"
AS_OF = ["--as-of", "2026-11-21T00:00:00+00:00"]

MODULE = '''
"""Boxes of a depot, one unit per hall; their locks and their seals are two checkers."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from troth.checker import Checker, Listed, Partition, Resource, call, complete, facet
from troth.checker import ObservationFailed, Reason


class Boxes(Checker):
    id = "depot.box"
    kind = "box"
    target_type = "depot"
    options: ClassVar[Mapping[str, Any]] = {
        "url": {"type": "string"}, "halls": {"type": "integer"}
    }
    lists = ("names",)

    @classmethod
    def partitions(cls, target: Mapping[str, Any]) -> Iterator[Partition]:
        if target["halls"] < 0:
            raise ZeroDivisionError("a bug of this checker")
        for number in range(target["halls"]):
            yield Partition(f"hall-{number:02}")

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.target['url']}/{path}", timeout=30) as answer:
            return json.load(answer)

    @call("depot:ListBoxes", actions=("depot:List",), per="partition")
    def names(self) -> Any:
        return self._get(f"list/{self.partition.name}")

    @call("depot:GetLock", actions=("depot:Look",), per="resource")
    def lock_response(self, resource: Resource) -> Any:
        return self._get(f"lock/{resource.id}")

    def resources(self) -> Iterator[Resource | Listed]:
        for name in self.read("names"):
            yield Resource(id=name, name=name, partition=self.partition.name)

    @facet("lock", uses=("lock_response",))
    def lock(self, resource: Resource, response: Any) -> Any:
        sound = {"closed": True, "rank": 102, "opened_at": None, "holders": complete(["rin"])}
        return {**sound, "bits": response["bits"]}


class Seals(Boxes):
    """Looks at the same boxes by the same calls, which are made once."""

    id = "depot.seal"
'''


class Depot:
    """The server's side: how many boxes, how slow, what was asked, and which halls hang."""

    def __init__(self, boxes: int = 3, seconds: float = 0.0) -> None:
        self.boxes = boxes
        self.seconds = seconds
        self.asked: Counter[str] = Counter()
        self.hanging: set[str] = set()
        self.failing: set[str] = set()
        self.url = ""
        self._open = threading.Event()
        self._lock = threading.Lock()

    def answer(self, path: str) -> object:
        """Return the answer to a path, after a while; what hangs does so until the end."""
        with self._lock:
            self.asked[path] += 1
            opened = self._open
        what, _, name = path.partition("/")
        hall = name.partition(":")[0]
        if path in self.hanging or hall in self.hanging:
            opened.wait(60)
        time.sleep(self.seconds)
        if what == "list":
            return [f"{name}:{number}" for number in range(self.boxes)]
        return {"bits": 64 if name.endswith("5:1") else 256}

    def release(self) -> None:
        """Let everything answer that hangs; what shall hang from now on has to be named again."""
        with self._lock:
            self.hanging.clear()
            self._open.set()
            self._open = threading.Event()

    def halls(self) -> set[str]:
        """Return the halls that were asked for anything."""
        return {path.partition("/")[2].partition(":")[0] for path in self.asked}


@contextmanager
def serving(depot: Depot) -> Iterator[Depot]:
    """Serve a depot on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.strip("/")
            answer = depot.answer(path)
            body = b"no" if path in depot.failing else json.dumps(answer).encode()
            self.send_response(403 if path in depot.failing else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                """The asker was killed."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            """The asker was killed."""

    server = Server(("127.0.0.1", 0), Handler)
    depot.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield depot
    finally:
        depot.release()
        server.shutdown()
        server.server_close()
        thread.join()


def install(folder: Path) -> Path:
    """Write the checkers as an installed package into a folder; return the folder for sys.path."""
    (folder / "depot_boxes.py").write_text(textwrap.dedent(MODULE))
    about = folder / "depot_boxes-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: depot-boxes\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[troth.checkers]\ndepot.box = depot_boxes:Boxes\ndepot.seal = depot_boxes:Seals\n"
    )
    return folder


def furnish(folder: Path, depot: Depot, halls: int = 4, checkers: tuple[str, ...] = ()) -> Path:
    """Write a troth.yaml that looks at the depot, with the documents of Acme; return its folder."""
    for what in ("kinds", "controls", "policies"):
        (folder / what).mkdir(parents=True)
        for path in (WORKSPACE / what).glob("*.yaml"):
            (folder / what / path.name).write_bytes(path.read_bytes())
    named = list(checkers or ("depot.box",))
    target = {"id": "d", "type": "depot", "url": depot.url, "halls": halls, "checkers": named}
    config = {
        "schema": 1,
        "policies": [{"policy": "acme"}],
        "targets": [target],
        "extend": {what: [what] for what in ("kinds", "controls", "policies")},
    }
    (folder / "troth.yaml").write_text(yaml.safe_dump(config))
    return folder
