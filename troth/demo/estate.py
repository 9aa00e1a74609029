"""The invented company, standing as long as the block lasts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from troth.demo import (
    aws_global,
    aws_server,
    aws_tokyo,
    books,
    doors,
    endpoints,
    forum,
    gcs,
    host,
    probing,
    receico,
    settings,
)
from troth.demo import statements as signed
from troth.demo.folder import Folder
from troth.demo.moments import Moments


@dataclass(frozen=True)
class Estate:
    """What stands: the demo's names by resource id, and a line on each thing built."""

    names: dict[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


@contextlib.contextmanager
def standing(folder: Folder, moments: Moments) -> Iterator[Estate]:
    """Build the company in ``folder`` and on loopback; take the servers down again at the end."""
    names: dict[str, str] = {}
    signed.write(folder, moments)
    host.write(folder, moments, names)
    receico.write(folder, moments, names)
    forum.write(folder, moments, names)
    probing.write(folder, moments, names)
    with contextlib.ExitStack() as running:
        ports = running.enter_context(endpoints.serving(folder, moments, names))
        closed = running.enter_context(doors.closed())
        forgotten = running.enter_context(doors.forgotten(names))
        books.write(folder, moments, ports, names)
        google = running.enter_context(gcs.serving(moments, names))
        amazon = running.enter_context(aws_server.serving(aws_global.REFUSED))
        aws_tokyo.seed(aws_global.seed(amazon, moments, names, ports["www"]))
        places = {
            "aws": amazon,
            "gcs": google,
            "host": str(folder.path / host.ROOT),
            "desk_host": str(folder.path / receico.DESK_ROOT),
            "receico_host": str(folder.path / receico.ROOT),
            "forum_host": str(folder.path / forum.ROOT),
            "closed": ", ".join(map(str, closed)),
            "forgotten": forgotten,
            "end_one": moments.day(140),
            "end_two": moments.day(40),
            **ports,
        }
        settings.write(folder, moments, places, names)
        yield Estate(names, _lines(amazon, google, ports))


def _lines(amazon: str, google: str, ports: dict[str, int]) -> tuple[str, ...]:
    listed = ", ".join(f"{word} {port}" for word, port in ports.items() if "_" not in word)
    return (
        f"AWS, two accounts (moto) at {amazon}",
        f"Google Cloud Storage (gcp-storage-emulator) at {google}",
        f"TLS endpoints and web sites on 127.0.0.1: {listed}",
        "servers in the folders that end in host/, probes in probes/",
        "registers in registers/, signed statements in attestations/",
    )
