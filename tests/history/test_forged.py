"""What an attacker prepares, cuts off or makes unreadable is told, and never as a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.history.conftest import NOW, Nights
from tests.history.filled import fill
from tests.history.world import FAIL, PASS, World
from troth import canonical
from troth.errors import IntegrityError
from troth.history import chain, diff, outbox, schema
from troth.history.prune import prune
from troth.history.reading import History
from troth.history.recording import record
from troth.history.store import Store
from troth.history.verify import verify


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a filled history."""
    folder = tmp_path_factory.mktemp("filled")
    fill(f"sqlite:///{folder}/history.db", folder)
    return (folder / "history.db").read_bytes()


@pytest.fixture
def filled(template: bytes, tmp_path: Path) -> Iterator[Store]:
    """Return a filled history of a test's own, whose foreign keys are not looked at."""
    path = tmp_path / "copy.db"
    path.write_bytes(template)
    with Store.open(f"sqlite:///{path}", create=True) as store:
        sa.event.listen(
            store.engine, "connect", lambda made, _: made.execute("PRAGMA foreign_keys = OFF")
        )
        yield store


def edit(store: Store, *statements: str) -> None:
    with store.engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            for statement in statements:
                assert connection.execute(sa.text(statement)).rowcount, statement


def _forged(store: Store, *statements: str) -> None:
    """Edit what is old, and append a link that says it was kept so."""
    edit(store, *statements)
    with store.writing() as connection:
        seq = chain.length(connection) + 1
        said = {
            "sort": "prune", "id": f"prune/{seq}", "as_of": NOW.isoformat(), "scope": "main",
            "horizon": {"seq": 6, "id": "run-005", "as_of": "2026-01-05T03:00:00+00:00"},
            "kept": chain.kept(connection, 1, 6),
        }  # fmt: skip
        chain.append(connection, seq, 1, said, canonical.dumps(said).decode())


def test_a_forged_prune_is_named_by_a_head_from_before(filled: Store) -> None:
    head = verify(filled).head
    _forged(
        filled,
        "UPDATE troth_finding_span SET verdict = 'pass' WHERE verdict = 'fail' AND first < 5",
        "DELETE FROM troth_event WHERE seq < 6 AND seq <> 3",
    )
    found = verify(filled, head).problems
    assert len(found) == 1
    assert (
        f"link prune/7 (number 7, scope main) took out what was old after the head {head}"
        in (found[0])
    )
    assert verify(filled, verify(filled).head).problems == ()


def test_a_forged_prune_cannot_change_how_clauses_stood(filled: Store) -> None:
    _forged(
        filled,
        "UPDATE troth_clause_span SET state = 'kept' WHERE state = 'broken' AND first < 5",
        "DELETE FROM troth_event WHERE seq < 6 AND seq <> 3",
    )
    found = verify(filled).problems
    assert len(found) == 1
    assert found[0].startswith("run run-001 (number 1, scope main): how the clauses stood is not")


def test_after_a_prune_of_ones_own_the_head_that_it_printed_counts(nights: Nights) -> None:
    for status in (FAIL, PASS, FAIL, FAIL):
        nights.world.people["hr"]["bob"] = status
        nights.passes()
    old = verify(nights.store).head
    printed = prune(nights.store, "main", nights.world.as_of, NOW).head
    assert "took out what was old after the head" in verify(nights.store, old).problems[0]
    assert verify(nights.store, printed).problems == ()
    nights.passes()
    assert verify(nights.store, printed).problems == ()


def test_a_channel_that_is_noted_as_told_of_the_future_is_told_and_found(nights: Nights) -> None:
    nights.passes()
    nights.passes()
    with nights.store.writing() as connection:
        outbox.mark(History(connection, "main"), "TROTH_SLACK", 2, NOW)
    assert verify(nights.store).problems == ()
    with nights.store.writing() as connection:
        connection.execute(sa.update(schema.told).values(seq=9999))
    assert (
        verify(nights.store)
        .problems[0]
        .startswith(
            "TROTH_SLACK is noted as told up to number 9999, which is no run of its scope; "
        )
    )
    nights.world.people["hr"]["bob"] = FAIL
    nights.passes()
    with nights.store.writing() as connection:
        history = History(connection, "main")
        new = history.night("latest")
        last = outbox.last_told(history, "TROTH_SLACK", new)
        assert last is not None
        told = diff.since(history, last, new).events
        assert [(one.change.value, one.resource) for one in told] == [("new", "staff/bob")]
        outbox.mark(history, "TROTH_SLACK", new.seq, NOW)
    assert verify(nights.store).problems == ()


SEEDS = {
    "finding": "INSERT INTO troth_finding SELECT 999, scope_id, 'f-00000000000000000000', policy,"
    " '99', binding, control, part, kind, target, 'staff/nobody' FROM troth_finding WHERE id = 1",
    "resource": "INSERT INTO troth_resource SELECT 999, scope_id, zeroblob(32), target, checker,"
    " partition, kind, 'nobody' FROM troth_resource WHERE id = 1",
    "listing": "INSERT INTO troth_listing SELECT 999, scope_id, 'later', checker, partition, 'x'"
    " FROM troth_listing WHERE id = 1",
    "clause": "INSERT INTO troth_clause SELECT 999, scope_id, policy, '99' FROM troth_clause"
    " WHERE id = 1",
}


@pytest.mark.parametrize("name", SEEDS)
def test_what_is_put_there_for_a_later_run_is_found_and_not_taken_for_its_own(
    filled: Store, tmp_path: Path, name: str
) -> None:
    edit(filled, SEEDS[name])
    said = f"the {name} of 999 was in no run"
    assert [text.partition(";")[0] for text in verify(filled).problems] == [said]
    with pytest.raises(IntegrityError, match=said):
        record(filled, "later", World(tmp_path / "w").night(), 0, NOW)


#: Statements, and whether readers of the last night meet what they did.
TYPES = {
    "a body of bytes": ("UPDATE troth_run SET body = CAST(body AS BLOB)", True),
    "a body that is no UTF-8": ("UPDATE troth_run SET body = CAST(x'ff' AS TEXT)", True),
    "a body that is no JSON": ("UPDATE troth_run SET body = 'x'", True),
    "an empty body": ("UPDATE troth_run SET body = '{}'", True),
    "a content of text": ("UPDATE troth_blob SET body = 'abc'", True),
    "a digest of text": ("UPDATE troth_fact_span SET digest = 'abc'", False),
    "a number of text": ("UPDATE troth_event SET ordinal = 'a' || ordinal", False),
    "a number that is none": ("UPDATE troth_clause_span SET last = last + 0.5", False),
    "a truth that is none": ("UPDATE troth_finding_span SET looked = 5", False),
}


@pytest.mark.parametrize("name", TYPES)
def test_a_value_of_another_type_is_an_edit_and_no_fault_of_ours(filled: Store, name: str) -> None:
    statement, met = TYPES[name]
    edit(filled, statement)
    try:
        found = verify(filled).problems
    except IntegrityError as error:
        assert "no UTF-8" in name
        found = (str(error),)
    assert found
    if met:
        with pytest.raises(IntegrityError, match=r"edited|changed"):
            _definitions(filled)


def _definitions(store: Store) -> object:
    with store.reading() as connection:
        history = History(connection, "main")
        return history.definitions(history.night("latest"))


@pytest.mark.parametrize(
    ("statement", "times"),
    [("DELETE FROM troth_store", 0), ("INSERT INTO troth_store VALUES (2, 'x', 3)", 2)],
    ids=["none", "two"],
)
def test_an_end_that_is_noted_twice_or_not_at_all_is_an_edit(
    filled: Store, tmp_path: Path, statement: str, times: int
) -> None:
    edit(filled, statement)
    said = f"where the history ends is noted {times} times instead of once"
    assert any(text.startswith(said) for text in verify(filled).problems)
    with pytest.raises(IntegrityError, match=f"noted {times} times"):
        record(filled, "main", World(tmp_path / "w").night(), 0, NOW)
