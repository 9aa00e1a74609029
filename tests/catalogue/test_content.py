"""The catalogue: what ships, what a company adds, and what may take a shipped one's place."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cli.toy import WORKSPACE
from troth.catalogue import content, controls
from troth.catalogue.content import Library
from troth.catalogue.kinds import load_kind, read_kinds
from troth.definitions import Control
from troth.errors import InputError, Place, UsageError

LOCKED = "controls/box-locked.yaml"


@pytest.fixture(params=[False, True], ids=["everything", "as-needed"])
def own(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A company's folders, sound; read beside everything that ships, or beside what they need."""
    monkeypatch.setattr(content, "load", partial(content.load, as_needed=request.param))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(WORKSPACE, tmp_path, dirs_exist_ok=True)
    return tmp_path


def load(own: Path, *policies: str) -> Library:
    extra = {name: [own / name] for name in ("kinds", "controls", "policies")}
    return content.load(extra, policies=policies, base=own)


def change(own: Path, file: str, *pairs: tuple[str, str], to: str = "") -> None:
    text = (own / file).read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    (own / (to or file)).write_text(text)


def told(own: Path, *policies: str) -> list[str]:
    with pytest.raises(InputError) as error:
        load(own, *policies)
    return [str(problem) for problem in error.value.problems]


def test_a_companys_own_stand_beside_what_ships(own: Path) -> None:
    books = load(own, "acme")
    assert {"box", "data-store"} <= books.kinds.keys()
    assert {"box-locked", "log-retention"} <= books.controls.keys()
    assert list(books.policies) == ["acme"]
    assert books.controls["box-locked"].origin == "controls/box-locked.yaml"
    assert books.files["policies", "acme"] == own / "policies/acme.yaml"


def test_only_the_policies_asked_for_are_read(own: Path) -> None:
    (own / "policies" / "draft.yaml").write_text("not: finished\n")
    assert list(load(own, "acme").policies) == ["acme"]
    assert list(load(own, "acme", "purecloud").policies) == ["acme", "purecloud"]


def test_a_policy_by_its_path(own: Path) -> None:
    (own / "elsewhere").mkdir()
    change(own, "policies/acme.yaml", ("id: acme", "id: house"), to="elsewhere/house.yaml")
    assert list(load(own, "elsewhere/house.yaml").policies) == ["house"]


def test_a_policy_that_there_is_not(own: Path) -> None:
    with pytest.raises(UsageError, match="unknown policy 'acne'; did you mean 'acme'"):
        load(own, "acne")
    with pytest.raises(InputError, match=r"^troth\.yaml:3:5 unknown policy 'acne'"):
        content.load(policies=["acne"], named_at={"acne": Place("troth.yaml", 3, 5)})


def test_a_shipped_control_is_replaced_only_by_saying_so(own: Path) -> None:
    renamed = ("id: box-locked", "id: log-retention")
    change(own, LOCKED, renamed, to="controls/log-retention.yaml")
    assert told(own) == [
        "controls/log-retention.yaml:2:5 control 'log-retention' comes with troth; "
        "rename it, or write replaces: log-retention"
    ]
    said = ("id: box-locked", "id: log-retention\nreplaces: log-retention")
    change(own, LOCKED, said, to="controls/log-retention.yaml")
    books = load(own)
    assert books.controls["log-retention"].parts[0].kind == "box"
    assert books.files["controls", "log-retention"] == own / "controls/log-retention.yaml"


def test_what_is_replaced_has_the_same_id(own: Path) -> None:
    change(own, LOCKED, ("id: box-locked", "id: box-locked\nreplaces: log-retention"))
    assert told(own) == [
        "controls/box-locked.yaml:3:11 replaces: 'log-retention' has to be the id too, "
        "which is 'box-locked'; correct one"
    ]


def test_a_companys_own_cannot_replace_another_of_its_own(own: Path) -> None:
    (own / "controls" / "more").mkdir()
    said = ("id: box-locked", "id: box-locked\nreplaces: box-locked")
    change(own, LOCKED, said, to="controls/more/box-locked.yaml")
    assert told(own) == [
        "controls/more/box-locked.yaml:2:5 control 'box-locked' is already in "
        "controls/box-locked.yaml; rename it"
    ]


def test_the_faults_of_several_files_come_together(own: Path) -> None:
    change(own, LOCKED, ("facts.lock.bits", "facts.lock.bit"))
    change(own, LOCKED, ("id: box-locked", "id: box-2"), ("kind: box", "kind: bax"),
           to="controls/box-2.yaml")  # fmt: skip
    assert [text.partition(" ")[0] for text in told(own)] == [
        "controls/box-2.yaml:11:11",
        "controls/box-locked.yaml:19:17",
    ]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("{type: integer, stricter: higher, unit: bits}", "{type: enum, stricter: none}",
         "6:13 parameter 'min_bits' needs choices: […]"),
        ("    reads: [lock]\n", "    reads: [lock]\n    with: {field: lock.bits}\n",
         "10:5 with: and needs: are for measures; name one, or drop them"),
        ("    reads: [lock]\n", "    reads: [lock]\n    measure: covered-values\n"
         "    with: {field: lock.holders}\n",
         "13:14 measure 'covered-values' needs with: {wanted: …}"),
        ("    reads: [lock]\n", "    reads: [lock]\n    measure: covered-values\n"
         "    with: {field: lock.holders, wanted: params.max_opn}\n",
         "14:41 unknown parameter 'max_opn'; did you mean 'max_open'?"),
        ("    reads: [lock]\n", "    reads: [lock]\n    request: {lock: {lookback: P1D}}\n",
         "13:21 unknown request 'lookback'; use one of: since"),
        ("      - name: strong\n", "      - name: closed\n",
         "18:9 two rules are called 'closed'; rename one"),
        ("title: Boxes are locked with {min_bits} bits", "title: Locked with {bits} bits",
         "4:8 unknown parameter 'bits'; did you mean 'min_bits'?"),
    ],
)  # fmt: skip
def test_faults_of_controls(old: str, new: str, wanted: str, own: Path) -> None:
    change(own, LOCKED, (old, new))
    assert told(own) == [f"controls/box-locked.yaml:{wanted}"]


def test_a_default_is_a_value_that_the_control_chose(own: Path) -> None:
    higher = "{type: version, stricter: higher}"
    change(own, LOCKED, (higher, "{type: version, stricter: higher, default: '1.3'}"))
    change(own, "policies/acme.yaml", ('        assumed:\n          min_model: "1.2"\n', ""))
    (binding,) = load(own, "acme").policies["acme"].by_id["1.1"].bindings
    assert {name: setting.source for name, setting in binding.settings.items()} == {
        "min_bits": "stated", "max_open": "stated", "min_model": "default",
    }  # fmt: skip
    assert binding.values["min_model"].text == "1.3"


def test_where_a_clause_stands_is_known(own: Path) -> None:
    policy = load(own, "acme").policies["acme"]
    assert [clause.line for clause in policy.clauses] == [7, 17]


def test_two_kinds_of_one_id_name_both_files(own: Path) -> None:
    (own / "more").mkdir()
    shutil.copy(own / "kinds/box.yaml", own / "more/box.yaml")
    with pytest.raises(InputError) as error:
        read_kinds([own / "kinds/box.yaml", own / "more/box.yaml"])
    assert "more/box.yaml" in str(error.value)
    assert "kinds/box.yaml" in str(error.value)


def test_a_kinds_example_holds_every_facet(own: Path) -> None:
    text = (own / "kinds/box.yaml").read_text().partition("example:")[0]
    (own / "kinds/box.yaml").write_text(text + "example: {}\n")
    assert told(own) == ["kinds/box.yaml:16:10 add an example of facet 'lock'"]


def test_a_shipped_kind_that_there_is_not() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_kind("no-such-kind")


def test_what_ships_is_read_as_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = content.load()
    read: list[str] = []

    def read_control(path: Path, *rest: Any) -> Control:
        read.append(path.stem)
        return controls.read_control(path, *rest)

    monkeypatch.setattr(content, "read_control", read_control)
    books = content.load(policies=["purecloud"], as_needed=True)
    bound = {
        binding.control
        for clause in books.policies["purecloud"].clauses
        for binding in clause.bindings
    }
    assert sorted(read) == sorted(bound)
    assert "log-retention" in books.controls
    assert list(books.controls) == list(everything.controls)
    assert len(books.kinds) == len(everything.kinds)
    assert sorted(read) == sorted(bound), "to list is not to read"
    assert books.policies["purecloud"] == everything.policies["purecloud"]
    assert dict(books.controls) == dict(everything.controls)
    assert dict(books.kinds) == dict(everything.kinds)


def test_everything_that_ships_is_sound() -> None:
    books = content.load()
    assert len(books.policies) >= 5
    assert all(name == control.id for name, control in books.controls.items())
