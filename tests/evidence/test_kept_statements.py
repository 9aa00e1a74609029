"""Signed statements are kept in the run as they were signed, and so in every bag."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tests.report.accounts import AS_OF
from troth import config
from troth.attestations import MAX_BYTES
from troth.catalogue import content
from troth.checker import Checker
from troth.checkers.attestation import Attestations
from troth.collect.runner import Budget
from troth.evidence.pack import Order, pack
from troth.plan import choose, make
from troth.run import Setup, carry_out, file_name

CONTROL = """\
schema: 1
id: said
domain: governance
title: Somebody said so
parts:
  - name: said
    kind: attestation
    reads: [statement]
    rules:
      - name: signed
        expect: facts.statement.signed_on <= today
        proves: statement
        expected: signed
severity: low
fix: {any: ask}
frameworks: {}
"""
POLICY = """\
schema: 1
id: word
title: A word
source: {language: en}
timezone: UTC
clauses:
  - {id: "1", promise: It is so., assess: attested, controls: [{control: said}]}
"""
SETTINGS = """\
schema: 1
policies: [{policy: word.yaml, targets: [said]}]
extend: {controls: [controls]}
targets:
  - {id: said, type: attestation, folder: signed, trusted_keys: [{id: k, path: k.pem}]}
  - {id: unasked, type: attestation, folder: other, trusted_keys: [{id: k, path: k.pem}]}
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name in ("controls", "signed", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "controls/said.yaml").write_text(CONTROL)
    (tmp_path / "word.yaml").write_text(POLICY)
    (tmp_path / "troth.yaml").write_text(SETTINGS)
    (tmp_path / "k.pem").write_text("no key")
    for name in ("one", "a b", "-", "ä"):
        (tmp_path / f"signed/{name}.dsse.json").write_text(f"signed, but not by us: {name}\n")
    (tmp_path / "signed/large.dsse.json").write_bytes(b"x" * (MAX_BYTES + 1))
    (tmp_path / "signed/notes.txt").write_text("not a statement")
    (tmp_path / "other/two.dsse.json").write_text("nobody asked for it")
    return tmp_path


def check(base: Path) -> Path:
    checkers: dict[str, type[Checker]] = {Attestations.id: Attestations}
    settings = config.load(base / "troth.yaml", checkers)
    books = content.load(settings.extend, policies=["word.yaml"], base=base)
    chosen = choose(settings, books.policies, books.controls, ())
    plan = make(settings, chosen, books.controls, books.kinds, checkers)
    run = base / "run"
    setup = Setup(settings, books, chosen)
    carry_out(setup, plan, checkers, run, AS_OF, Budget(1, 30.0), threading.Event())
    return run


def test_what_was_looked_at_is_kept_byte_for_byte(base: Path) -> None:
    kept = check(base) / "inputs/attestations"
    names = {path.name for path in (kept / "said").iterdir()}
    assert {path.name for path in kept.iterdir()} == {"said"}
    assert names == {f"{file_name(name)}.dsse.json" for name in ("one", "a b", "-", "ä")}
    assert "one.dsse.json" in names
    bodies = {path.read_text() for path in (kept / "said").iterdir()}
    assert bodies == {f"signed, but not by us: {name}\n" for name in ("one", "a b", "-", "ä")}


def test_the_bag_holds_them_and_run_json_knows_them(base: Path) -> None:
    run = check(base)
    bag = pack(run, base / "bag", Order()).path
    name = "inputs/attestations/said/one.dsse.json"
    assert (bag / "data" / name).read_bytes() == (base / "signed/one.dsse.json").read_bytes()
    assert name in json.loads((run / "run.json").read_text())["files"]


@pytest.mark.parametrize("text", ["a b", "../x", ".hidden", "a/b", "ä", "a\nb"])
def test_file_names_are_safe_and_stay_apart(text: str) -> None:
    made = file_name(text)
    assert made.isascii()
    assert not {"/", "\n", " "} & set(made)
    assert not made.startswith(".")
    assert made != file_name(text + " ")
    assert file_name("plain-1.2_3") == "plain-1.2_3"
