"""A PostgreSQL server of the tests' own, and a fresh database for each of them."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

_COUNT = itertools.count(1)


class Server:
    """Listens on a socket in a folder, for anybody who may enter that."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://postgres@/{database}?host={quote(self.folder, safe='')}"

    def database(self) -> str:
        """Make a database and return its URL."""
        name = f"history_{next(_COUNT)}"
        self.execute("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def copy(self, url: str) -> str:
        """Make a copy of a database that nobody is connected to, and return its URL."""
        name = f"history_{next(_COUNT)}"
        template = url.removeprefix("postgresql://postgres@/").partition("?")[0]
        self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def execute(self, database: str, statement: str) -> None:
        """Run a statement outside of a transaction."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Run a server until the block ends; skips where there is none on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    path = ":".join([*map(str, found), os.environ.get("PATH", "")])
    initdb, program = (shutil.which(name, path=path) for name in ("initdb", "pg_ctl"))
    if initdb is None or program is None:
        pytest.skip("missing: postgresql")
    # It refuses to run as root. Not a folder of pytest's, which shuts others out of them.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as home:
        if user:
            shutil.chown(home, user)
        data = f"{home}/data"
        subprocess.run(
            [initdb, "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, user=user, cwd=home,
        )  # fmt: skip
        options = f"-k {home} -h '' -c fsync=off -c max_connections=50"
        control = [program, "-D", data, "-w", "-s", "-l", f"{home}/log"]
        subprocess.run([*control, "-o", options, "start"], check=True, user=user, cwd=home)
        try:
            yield Server(home)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, user=user, cwd=home)
