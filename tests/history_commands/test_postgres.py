"""The commands over a history in PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.history import server
from tests.history.world import FAIL, World
from tests.history_commands.conftest import Troth


@pytest.fixture(scope="module")
def postgres() -> Iterator[server.Server]:
    with server.running() as found:
        yield found


def test_a_history_in_postgresql(world: World, troth: Troth, postgres: server.Server) -> None:
    url = postgres.database()
    world.more = {"history": {"store": url, "scope": "tokyo"}}
    runs = [str(world.night().folder)]
    world.people["hr"]["bob"] = FAIL
    runs += [str(world.night().folder), str(world.night().folder)]
    recorded = troth("history", "record", *runs)
    assert (recorded.code, recorded.err) == (0, "")
    local = troth("history", "record", *runs, "--history", "history.db")
    assert [line.partition(", head")[0] for line in local.lines] == [
        line.partition(", head")[0] for line in recorded.lines
    ]
    for command in (
        ["history"], ["history", "acme"], ["history", "acme/1"],
        ["diff"], ["diff", "run-001", "latest", "-o", "json"],
    ):  # fmt: skip
        said = troth(*command)
        assert said == troth(*command, "--history", "history.db")
        assert said.err == ""
    assert troth("diff", "latest~2", "latest").code == 1
    head = recorded.lines[-1].partition(", head ")[2]
    assert troth("history", "verify").lines == ["3 links, and everything fits", head]
    pruned = troth("history", "prune", "--keep", "P1D")
    assert pruned.code == 0
    assert "PostgreSQL gives the space back by itself (autovacuum)" in pruned.lines
    assert troth("history", "verify", "--head", head).code == 4, "it says nothing of what is left"
    after = pruned.lines[-1]
    assert troth("history", "verify", "--head", after).lines == [
        "4 links, and everything fits", after,
    ]  # fmt: skip
    postgres.execute(
        re.search(r"/(\w+)\?", url)[1],  # type: ignore[index]
        "UPDATE troth_finding SET resource = 'staff/ann' WHERE resource = 'staff/bob'",
    )
    assert troth("history", "verify").code == 4


def test_a_database_that_is_not_there(world: World, troth: Troth, postgres: server.Server) -> None:
    world.more = {"history": {"store": postgres.url("nowhere")}}
    run = str(world.night().folder)
    for command in (["history"], ["history", "record", run], ["diff"]):
        said = troth(*command)
        assert (said.code, said.out) == (2, "")
        assert '"nowhere" does not exist' in said.err
        assert said.err.count("\n") == 1


def test_a_role_that_may_only_read(world: World, troth: Troth, postgres: server.Server) -> None:
    url = postgres.database()
    name = re.search(r"/(\w+)\?", url)[1]  # type: ignore[index]
    world.more = {"history": {"store": url}}
    runs = [str(world.night().folder), str(world.night().folder)]
    assert troth("history", "record", runs[0]).code == 0
    postgres.execute(name, "CREATE ROLE troth_reader LOGIN")
    postgres.execute(name, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO troth_reader")
    reader = ("--history", url.replace("postgres@", "troth_reader@"))
    assert troth("history", *reader).code == 0
    assert troth("diff", "latest", "latest", *reader).code == 0
    assert troth("history", "acme/1", *reader).code == 0
    assert troth("history", "verify", *reader).code == 0
    said = troth("history", "record", runs[1], *reader)
    assert (said.code, said.out) == (2, "")
    assert "permission denied" in said.err
