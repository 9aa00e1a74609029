"""``verify`` finds whatever was done to a store behind our back."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.history.filled import fill
from tests.history.server import Server
from troth.history import chain, schema
from troth.history.store import Store
from troth.history.verify import TOLD, verify

Tables = Any


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a filled history that tests copy."""
    folder = tmp_path_factory.mktemp("filled")
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/history.db"
    else:
        postgres: Server = request.getfixturevalue("postgres")
        url = postgres.database()
    fill(url, folder)
    return url


@pytest.fixture
def filled(template: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return a filled history of a test's own."""
    if template.startswith("sqlite"):
        path = tmp_path / "copy.db"
        path.write_bytes(Path(template.removeprefix("sqlite:///")).read_bytes())
        url = f"sqlite:///{path}"
    else:
        postgres: Server = request.getfixturevalue("postgres")
        url = postgres.copy(template)
    with Store.open(url, create=True) as store:
        yield store


def edit(store: Store, *statements: str, **values: int) -> None:
    """Do something to the tables that we never do; foreign keys do not stop an attacker."""
    with store.engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            if store.engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET session_replication_role = replica")
            for statement in statements:
                changed = connection.execute(sa.text(statement), values).rowcount
                assert changed, statement


@pytest.fixture
def unbound(filled: Store) -> Store:
    """Return a filled history whose foreign keys are not looked at."""
    if filled.engine.dialect.name == "sqlite":
        sa.event.listen(
            filled.engine, "connect", lambda made, _: made.execute("PRAGMA foreign_keys = OFF")
        )
    return filled


def told(store: Store, head: str = "") -> str:
    """Return the problems that verifying finds, which are some."""
    found = verify(store, head)
    assert found.problems
    assert all("; restore a copy of the history from before" in text for text in found.problems)
    return "\n".join(found.problems)


def test_a_history_that_nobody_touched_verifies(filled: Store) -> None:
    found = verify(filled)
    assert (found.links, found.problems) == (6, ())
    with filled.reading() as connection:
        links = connection.execute(sa.select(schema.run).order_by(schema.run.c.seq)).all()
        head = connection.execute(sa.select(schema.store.c.head)).scalar_one()
    assert found.head == head
    for link in links:
        assert verify(filled, link.digest).problems == ()


def test_an_empty_history_verifies(store: Store) -> None:
    assert verify(store) == (0, "", ())


def test_the_digest_of_a_link_is_one_that_anybody_can_compute(filled: Store) -> None:
    with filled.reading() as connection:
        links = connection.execute(sa.select(schema.run).order_by(schema.run.c.seq)).all()
    previous = ""
    for link in links:
        body = link.body.replace("\\", "\\\\").replace('"', '\\"')
        text = f'{{"body":"{body}","previous":"{previous}"}}'
        previous = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        assert link.digest == previous


def test_a_head_that_is_not_in_the_chain_is_told(filled: Store) -> None:
    assert "no run of the history has the head sha256:00" in told(filled, "sha256:00")


@pytest.mark.parametrize("seq", range(1, 7))
def test_a_night_that_is_taken_out_is_found(unbound: Store, seq: int) -> None:
    edit(unbound, "DELETE FROM troth_run WHERE seq = :seq", seq=seq)
    text = told(unbound)
    if seq == 1:
        assert "before run run-002 (number 2, scope main) number 1 is missing" in text
    elif seq == 6:
        assert "ends with number 5, but number 6 was recorded" in text
    else:
        assert f"number {seq} is missing" in text


@pytest.mark.parametrize("seq", range(1, 6))
def test_a_night_that_is_taken_out_and_closed_up_is_found(unbound: Store, seq: int) -> None:
    edit(unbound, "DELETE FROM troth_run WHERE seq = :seq", seq=seq)
    for number in range(seq + 1, 7):
        edit(unbound, "UPDATE troth_run SET seq = :seq - 1 WHERE seq = :seq", seq=number)
    edit(unbound, "UPDATE troth_store SET length = 5")
    assert "does not follow the one before it" in told(unbound)


def test_a_last_night_that_is_taken_out_with_its_number_is_found(unbound: Store) -> None:
    edit(
        unbound,
        "DELETE FROM troth_run WHERE seq = 6",
        "UPDATE troth_store SET length = 5, head = (SELECT digest FROM troth_run WHERE seq = 5)",
    )
    assert "number 6, which is no run of its scope" in told(unbound)


def test_a_last_night_that_is_taken_out_without_a_trace_is_found_by_its_head(
    unbound: Store,
) -> None:
    head = verify(unbound).head
    edit(
        unbound,
        "DELETE FROM troth_run WHERE seq = 6",
        "DELETE FROM troth_event WHERE seq = 6",
        "UPDATE troth_store SET length = 5, head = (SELECT digest FROM troth_run WHERE seq = 5)",
    )
    for table, _ in schema.SPANS:
        with unbound.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.first == 6))
            connection.execute(sa.update(table).where(table.c.last == 5).values(last=schema.OPEN))
    with unbound.writing() as connection:  # and what the last night alone had
        for owner in (schema.resource, schema.listing, schema.finding, schema.clause):
            had = [sa.select(chain.owner_id(of, one)) for of, one in schema.SPANS if one is owner]
            connection.execute(sa.delete(owner).where(owner.c.id.not_in(sa.union(*had))))
    assert verify(unbound).problems == ()
    assert f"no run of the history has the head {head}" in told(unbound, head)


@pytest.mark.parametrize(
    ("one", "other"), [(a, b) for a in range(1, 7) for b in range(a + 1, 7)], ids=str
)
def test_two_links_that_are_swapped_are_found(unbound: Store, one: int, other: int) -> None:
    edit(
        unbound,
        "UPDATE troth_run SET seq = 99 WHERE seq = :one",
        "UPDATE troth_run SET seq = :one WHERE seq = :other",
        "UPDATE troth_run SET seq = :other WHERE seq = 99",
        one=one,
        other=other,
    )
    assert "does not follow the one before it" in told(unbound)


def test_two_links_that_are_swapped_with_their_digests_are_found(unbound: Store) -> None:
    with unbound.writing() as connection:
        links = list(connection.execute(sa.select(schema.run).order_by(schema.run.c.seq)))
        links[1], links[3] = links[3], links[1]
        connection.execute(sa.update(schema.run).values(id=schema.run.c.seq.cast(sa.Text)))
        previous = ""
        for seq, link in enumerate(links, 1):
            digest = chain.link_digest(previous, link.body)
            row = link._asdict() | {"seq": seq, "previous": previous, "digest": digest}
            connection.execute(sa.update(schema.run).where(schema.run.c.seq == seq).values(**row))
            previous = digest
        connection.execute(sa.update(schema.store).values(head=previous))
    text = told(unbound)
    assert "was not recorded after" in text
    assert "what began with it is not what was recorded" in text


EDITS = {
    "verdict": "UPDATE troth_finding_span SET verdict = 'pass' WHERE verdict = 'fail'",
    "reason": "UPDATE troth_finding_span SET reason = 'timeout' WHERE reason = 'no-data'",
    "waiver": "UPDATE troth_finding_span SET waiver = '' WHERE waiver = 'w-1'",
    "severity": "UPDATE troth_finding_span SET severity = 'low' WHERE verdict = 'fail'",
    "looked": "UPDATE troth_finding_span SET looked = NOT looked WHERE verdict = 'unknown'",
    "first": "UPDATE troth_clause_span SET first = 2 WHERE first = 1",
    "first to a prune or another scope": "UPDATE troth_clause_span SET first = 3 WHERE first = 1",
    "last": "UPDATE troth_finding_span SET last = 2 WHERE last = 1",
    "last before first": "UPDATE troth_finding_span SET last = 0 WHERE last = 1",
    "reopened": "UPDATE troth_finding_span SET last = 2147483647 WHERE verdict = 'fail'",
    "closed": "UPDATE troth_fact_span SET last = 5 WHERE last > 99",
    "closed at the end": "UPDATE troth_fact_span SET last = 6 WHERE last > 99",
    "closed at another scope": "UPDATE troth_resource_span SET last = 2 WHERE last > 99",
    "deleted": "DELETE FROM troth_finding_span WHERE verdict = 'fail'",
    "deleted detail": "DELETE FROM troth_detail_span",
    "deleted resource": "DELETE FROM troth_resource_span WHERE first = 6",
    "listing": "UPDATE troth_listing_span SET reason = '' WHERE reason != ''",
    "facet": "UPDATE troth_fact_span SET facet = 'other'",
    "state": "UPDATE troth_clause_span SET state = 'kept' WHERE state = 'broken'",
    "event": "UPDATE troth_event SET text = 'all is well' WHERE change = 'new'",
    "event deleted": "DELETE FROM troth_event WHERE change = 'new'",
    "event moved": "UPDATE troth_event SET seq = 3 WHERE seq = 2",
    "event of nothing": "UPDATE troth_event SET seq = 77 WHERE seq = 2",
    "finding.policy": "UPDATE troth_finding SET policy = 'acne'",
    "finding.resource": "UPDATE troth_finding SET resource = 'x' WHERE resource = 'staff/bob'",
    "finding.scope": "UPDATE troth_finding SET scope_id = 2 WHERE resource = 'staff/dan'",
    "resource.key": "UPDATE troth_resource SET key = 'staff/zoe' WHERE key = 'staff/bob'",
    "clause.clause": "UPDATE troth_clause SET clause = '3' WHERE clause = '2'",
    "listing.kind": "UPDATE troth_listing SET kind = 'register.tests'",
    "scope.name": "UPDATE troth_scope SET name = 'principal' WHERE name = 'main'",
    "run.scope": "UPDATE troth_run SET scope_id = 2 WHERE seq = 6",
    "run.id": "UPDATE troth_run SET id = 'run-x' WHERE seq = 2",
    "run.as_of": "UPDATE troth_run SET as_of = '2020-01-01T00:00:00+00:00' WHERE seq = 2",
    "run.sort": "UPDATE troth_run SET sort = 'prune' WHERE seq = 2",
    "run.body": "UPDATE troth_run SET body = replace(body, 'complete', 'partial')",
    "run.body no JSON": "UPDATE troth_run SET body = 'x' WHERE seq = 2",
    "run.digest": "UPDATE troth_run SET digest = 'sha256:1' WHERE seq = 6",
    "store.head": "UPDATE troth_store SET head = ''",
    "store.length": "UPDATE troth_store SET length = 7",
    "content": "DELETE FROM troth_blob",
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_found(unbound: Store, name: str) -> None:
    edit(unbound, EDITS[name])
    told(unbound)


def test_a_span_that_is_added_is_found(unbound: Store) -> None:
    edit(
        unbound,
        "INSERT INTO troth_listing_span (listing_id, first, last, reason)"
        " SELECT listing_id, 3, 3, '' FROM troth_listing_span WHERE first = 4",
    )
    told(unbound)


def test_an_edited_fact_is_found(unbound: Store) -> None:
    _each_fact(unbound, lambda body: body.replace(b"active", b"leave_"))
    assert "was edited" in told(unbound)


def test_a_fact_that_no_longer_unpacks_is_found(unbound: Store) -> None:
    _each_fact(unbound, None)
    assert "was edited" in told(unbound)


def test_a_fact_that_is_packed_in_another_way_is_the_same_fact(unbound: Store) -> None:
    _each_fact(unbound, lambda body: body)
    assert verify(unbound).problems == ()


def test_an_edited_fact_with_a_digest_of_its_own_is_found(unbound: Store) -> None:
    with unbound.writing() as connection:
        digest, body = connection.execute(
            sa.select(schema.blob.c.digest, schema.blob.c.body).select_from(
                schema.blob.join(
                    schema.fact_span, schema.fact_span.c.digest == schema.blob.c.digest
                )
            )
        ).first()  # type: ignore[misc]
        plain = zlib.decompress(body).replace(b"2024-04-01", b"2024-04-02")
        made = hashlib.sha256(plain).digest()
        connection.execute(sa.insert(schema.blob), {"digest": made, "body": zlib.compress(plain)})
        table = schema.fact_span
        connection.execute(sa.update(table).where(table.c.digest == digest).values(digest=made))
    assert "what began with it is not what was recorded" in told(unbound)


def test_many_problems_are_not_all_told(unbound: Store) -> None:
    edit(unbound, "UPDATE troth_run SET body = '{}', previous = '', id = CAST(seq AS TEXT)")
    with unbound.writing() as connection:
        rows = [{"digest": bytes([n]) * 32, "body": b"x"} for n in range(TOLD)]
        connection.execute(sa.insert(schema.blob), rows)
    found = verify(unbound).problems
    assert len(found) == TOLD + 1
    assert found[-1].startswith(f"there is more than these {TOLD} problems")


def _each_fact(store: Store, change: Callable[[bytes], bytes] | None) -> None:
    """Write every blob anew with a best compression, or as no zlib at all."""
    with store.writing() as connection:
        for digest, body in connection.execute(sa.select(schema.blob)).all():
            made = zlib.compress(change(zlib.decompress(body)), 9) if change else body[:-1]
            table = schema.blob
            connection.execute(sa.update(table).where(table.c.digest == digest).values(body=made))
