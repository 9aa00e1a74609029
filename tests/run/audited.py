"""Run ``troth check`` under an audit hook and write down every socket and process it asks for.

Usage: audited.py OUT.json [--leak HOST:PORT] -- ARGUMENTS OF TROTH. ``--leak`` opens a connection
that no plan knows, to show that the hook sees it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

seen: dict[str, set[str]] = {"connect": set(), "resolve": set(), "process": set()}


def hook(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(args[1], tuple):
        seen["connect"].add(f"{args[1][0]}:{args[1][1]}")
    elif event == "socket.connect":
        seen["connect"].add(str(args[1]))
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        seen["resolve"].add(str(args[0]))
    elif event in ("subprocess.Popen", "os.posix_spawn", "os.exec"):
        seen["process"].add(os.path.basename(str(args[0])))
    elif event in ("os.system", "pty.spawn", "os.fork", "os.forkpty"):
        seen["process"].add(event)


def run(out: str, leak: str, arguments: list[str]) -> int:
    from troth.cli import main

    sys.addaudithook(hook)
    if leak:
        host, _, port = leak.partition(":")
        with contextlib.suppress(OSError):
            socket.create_connection((host, int(port)), timeout=1).close()
    code = main(arguments)
    Path(out).write_text(json.dumps({name: sorted(found) for name, found in seen.items()}))
    return code


if __name__ == "__main__":
    at = sys.argv.index("--")
    leaking = sys.argv[3] if sys.argv[2] == "--leak" else ""
    raise SystemExit(run(sys.argv[1], leaking, sys.argv[at + 1 :]))
