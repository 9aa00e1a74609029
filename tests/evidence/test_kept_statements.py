"""Signed statements are kept in the run as they were signed, and so in every bag."""

from __future__ import annotations

import base64
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
from troth.cli.prepare import prepare
from troth.collect.inputs import file_name
from troth.collect.runner import Budget
from troth.errors import InputError
from troth.evidence.pack import Order, pack
from troth.plan import choose, make
from troth.run import Setup, carry_out

#: What can be told by its form, put together here so that this file holds none.
TOKEN = "gh" + "p_" + "St4tes" * 6
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


def coded(text: str, *, broken: bool = False) -> str:
    made = base64.b64encode(text.encode()).decode()
    return "\n".join(made[at : at + 19] for at in range(0, len(made), 19)) if broken else made


def envelope(payload: str, **more: str) -> str:
    return json.dumps({"payload": payload, "payloadType": "x", "signatures": [], **more})


SAID = json.dumps({"statement": f"日本 we sign in with {TOKEN}."}, ensure_ascii=False)
ESCAPED = SAID.replace(TOKEN, "".join(f"\\u{ord(sign):04x}" for sign in TOKEN))
HOLDING = {
    "payload": envelope(coded(SAID)),
    "url-safe": envelope(coded(SAID).replace("+", "-").replace("/", "_").rstrip("=")),
    "escaped": envelope(coded(ESCAPED)),
    "broken-lines": envelope(coded(SAID, broken=True)),
    "twice": envelope(coded(SAID))[:-1] + ', "payload": "e30="}',
    "code-within": envelope(coded(json.dumps({"statement": coded(SAID)}))),
    "keyid": envelope("e30=", keyid=TOKEN),
    "no-envelope": f"signed: {coded(SAID)}, by nobody",
}


@pytest.mark.parametrize("how", HOLDING)
def test_a_credential_in_a_signed_statement_is_refused_and_not_shown(base: Path, how: str) -> None:
    assert TOKEN not in ESCAPED
    (base / "signed/two.dsse.json").write_text(HOLDING[how])
    (base / "other/two.dsse.json").write_text(HOLDING[how])
    with pytest.raises(InputError) as error:
        prepare(base / "troth.yaml", {})
    shown = map(str, error.value.problems)
    told = [problem for problem in shown if "credential" in problem]
    assert told == [
        f"{base}/signed/two.dsse.json a credential stands here (GitHub token), and every run "
        "keeps a copy of this file; take it out of the statement, and sign it again"
    ]
    assert TOKEN not in str(error.value)
    assert coded(SAID)[:20] not in str(error.value)


def test_statements_without_credentials_are_not_refused(base: Path) -> None:
    said = json.dumps({"statement": "A password has at least twelve characters."})
    (base / "signed/two.dsse.json").write_text(envelope(coded(said)))
    with pytest.raises(InputError) as error:  # nothing of it can be verified here
        prepare(base / "troth.yaml", {})
    assert "credential" not in str(error.value)
