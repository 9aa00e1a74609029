"""Measure what looking at hosts over SSH costs; prints figures and asserts nothing.

    python benchmarks/hosts.py          both
    python benchmarks/hosts.py one      one host after the other: seconds and client CPU a host
    python benchmarks/hosts.py fleet    two hundred hosts, a twentieth of them dead

Needs root, an OpenSSH server and troth[ssh]. The hosts are all this machine, over sshd on loopback:
what the collector and sshd cost there is in the seconds, but not in the client's CPU.
"""

from __future__ import annotations

import resource
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.checkers.host.shells import look, unit
from tests.checkers.host.sshds import Sshd, sshd
from troth.catalogue.kinds import load_kind
from troth.checkers.host.account import Accounts
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.firewall import InputRules
from troth.checkers.host.journal import Journal
from troth.checkers.host.password_policy import PasswordPolicy
from troth.checkers.host.volume import Volumes
from troth.collect.calls import Calls
from troth.collect.observe import Observer
from troth.kinds import Kind

#: What is asked of each host: accounts and keys, password rules, disks, packet filter, journal.
ASKED: tuple[type[HostChecker], ...] = (Accounts, PasswordPolicy, Volumes, InputRules, Journal)
LOGINS, HOSTS, DEAD = 50, 200, 10


def cpu() -> float:
    """Return the CPU seconds of this process, without its children."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def fleet(server: Sshd, names: list[str], *dead: int) -> dict[str, Any]:
    """Return a target of hosts at a server, and of some at ports where nobody answers."""
    target = server.target("asyncssh")
    way = target.pop("ssh")
    port = way.pop("port")
    host = way.pop("host")
    hosts = [{"host": host, "port": port, "name": name} for name in names]
    hosts += [{"host": host, "port": one, "name": f"dead-{i}"} for i, one in enumerate(dead)]
    return target | {"ssh": way, "hosts": hosts}


def one(server: Sshd, folder: Path) -> None:
    """Look at one host after the other, and print what each took without and with a run around."""
    kinds = {cls.kind: load_kind(cls.kind) for cls in ASKED}
    with ThreadPoolExecutor(4) as pool:
        print(f"one host, {LOGINS} logins one after the other, {len(ASKED)} checkers")
        _tell("connection, batch, facts", lambda name: _bare(server, name, kinds, pool))
        _tell("a whole run", lambda name: look(folder / name, fleet(server, [name]), *ASKED))


def _tell(what: str, measured: Callable[[str], Any]) -> None:
    """Print the median and the best of what a call takes."""
    measured(f"warm-{len(what)}")
    walls, cpus = [], []
    for number in range(LOGINS):
        began, used = time.perf_counter(), cpu()
        measured(f"h{number}-{len(what)}")
        walls.append(time.perf_counter() - began)
        cpus.append((cpu() - used) * 1000)
    print(f"  {what}:")
    for figure, rows in (("wall, s", walls), ("client CPU, ms", cpus)):
        print(f"    {figure}: median {statistics.median(rows):.3f}, best {min(rows):.3f}")


def _bare(server: Sshd, name: str, kinds: dict[str, Kind], pool: Executor) -> None:
    """Sign in, bring the batch and compute every fact; nothing is written."""
    target = fleet(server, [name])
    units = [(cls, unit("h", cls, part)) for cls in ASKED for part in cls.partitions(target)]
    calls = Calls()
    calls.wanted = {("h", name): [(cls, call) for cls in ASKED for call in cls.calls()]}
    observer = Observer(calls, kinds, pool)
    for cls, asked in units:
        observer.observe(cls, target, asked)


@contextmanager
def silent() -> Iterator[int]:
    """Yield a port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


def many(server: Sshd, folder: Path) -> None:
    """Look at a fleet, some of it dead: half refuses, half says nothing."""
    names = [f"h{number}" for number in range(HOSTS - DEAD)]
    with ExitStack() as stack:
        dead = [stack.enter_context(silent()) for _ in range(DEAD // 2)] + [1] * (DEAD // 2)
        began, used = time.perf_counter(), cpu()
        found, _ = look(folder / "fleet", fleet(server, names, *dead), *ASKED)
        wall, spent = time.perf_counter() - began, cpu() - used
    seen = Counter((rows[""] or {}).get("reason", "seen") for rows in found.values())
    print(f"fleet of {HOSTS} hosts, {DEAD} of them dead, {len(ASKED)} checkers")
    print(f"  wall: {wall:.1f} s, client CPU: {spent:.1f} s, {spent / HOSTS * 1000:.1f} ms a host")
    print(f"  listings: {dict(sorted(seen.items()))}")


def main() -> None:
    """Measure what the command line names, or everything."""
    wanted = sys.argv[1:] or ["one", "fleet"]
    with tempfile.TemporaryDirectory() as name, sshd(Path(name) / "sshd") as server:
        if "one" in wanted:
            one(server, Path(name))
        if "fleet" in wanted:
            many(server, Path(name))


if __name__ == "__main__":
    main()
