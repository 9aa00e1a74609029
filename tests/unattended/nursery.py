"""Starts many ``troth check`` processes quickly: each is forked from here, where all is imported.

Reads a JSON object a line (``arguments``, ``cwd``, ``out``, ``err``, perhaps ``size``, the limit
on files, and ``variables``, more of the environment) and answers with the pid; ``{"wait": pid}`` is
answered with the status. What is forked is a process of its own, with the command line's own
entry, and dies as any other.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any


def child(order: dict[str, Any]) -> None:
    for number, name in ((1, order["out"]), (2, order["err"])):
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.chdir(order["cwd"])
    os.environ.update(order.get("variables", {}))
    if "size" in order:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["size"], order["size"]))
    sys.argv = ["troth", *order["arguments"]]
    from troth.cli import entry

    try:
        entry()
    except SystemExit as ended:
        os._exit(int(ended.code or 0))
    finally:
        os._exit(99)


def main() -> None:
    import encodings.idna  # noqa: F401
    import urllib.request  # noqa: F401

    import cel  # noqa: F401 - imported here for all that are forked
    import sqlalchemy.dialects.sqlite  # noqa: F401

    import troth.cli.check
    import troth.history.keeping
    import troth.plugins
    import troth.report.console
    import troth.rules.evaluate

    troth.credentials.redacted("password = x")  # compiles the forms
    for plugin in troth.plugins.plugins():
        troth.plugins.load(plugin)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            print(os.waitpid(order["wait"], 0)[1], flush=True)
            continue
        pid = os.fork()
        if not pid:
            child(order)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
