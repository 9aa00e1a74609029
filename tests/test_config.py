"""troth.yaml: what it holds, where it is found, and what scope expressions may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.checker import Checker
from troth.config import Absent, Config, find, load, policy_id, scope_problems
from troth.errors import InputError, UsageError


class Toy(Checker):
    """A checker that nobody asks anything."""

    id = "toy.box"
    kind = "box"
    target_type = "toy"
    options: ClassVar[dict[str, Any]] = {
        "level": {"type": "integer", "minimum": 1},
        "names": {"type": "array", "items": {"type": "string"}},
    }
    required_options = ("level",)


TEXT = """\
schema: 1
policies:
  - policy: acme
    targets: [one]
    where: tag("tier") != "spare"
    set: {"1.1": {box-locked: {min_bits: 256}}}
    absent:
      - {kind: shelf, owner: Rin, reason: none left}
  - policy: rules/house.yaml
targets:
  - {id: one, type: toy, level: 3, tags: {tier: critical}}
  - {id: two, type: toy, level: 1, names: [a]}
classes: {critical: 'tag("tier") == "critical"'}
waivers: waivers.yaml
runs: out
extend: {controls: [own]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("own", "rules"):
        (tmp_path / name).mkdir()
    (tmp_path / "rules" / "house.yaml").touch()
    (tmp_path / "waivers.yaml").touch()
    (tmp_path / "troth.yaml").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(folder: Path, text: str = TEXT) -> Config:
    (folder / "troth.yaml").write_text(text)
    return load(folder / "troth.yaml", {"toy.box": Toy})


def wrong(folder: Path, old: str, new: str) -> list[str]:
    assert TEXT.count(old) >= 1
    with pytest.raises(InputError) as error:
        made(folder, TEXT.replace(old, new, 1))
    return [str(problem) for problem in error.value.problems]


def test_what_it_holds(folder: Path) -> None:
    config = made(folder)
    first, second = config.selections
    assert (first.policy, first.targets) == ("acme", ("one",))
    assert first.set == {"1.1": {"box-locked": {"min_bits": 256}}}
    assert first.absent == {"shelf": Absent("shelf", "Rin", "none left")}
    assert str(first.at) == "troth.yaml:3:13"
    assert (second.targets, second.where) == (("one", "two"), "")
    assert config.targets["two"] == {
        "id": "two", "type": "toy", "level": 1, "names": ["a"], "base_dir": str(folder),
    }  # fmt: skip
    assert (config.runs, config.waivers) == (folder / "out", folder / "waivers.yaml")
    assert config.extend == {"controls": (folder / "own",)}


def test_runs_lie_beside_it_by_default(folder: Path) -> None:
    assert made(folder, TEXT.replace("runs: out\n", "")).runs == folder / "runs"


def test_every_fault_has_its_place(folder: Path) -> None:
    told = wrong(folder, "level: 3,", "level: 0, names: [a, 1], size: 2,")
    assert told == [
        "troth.yaml:11:33 target one: level: 0 is less than the minimum of 1; correct it",
        "troth.yaml:11:47 target one: 1 is a number, not text; put it in quotes",
        "troth.yaml:11:51 target one: unknown key 'size'; use one of: allow, checkers, id, level, "
        "names, tags, type",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("level: 3, ", "", "troth.yaml:11:5 target one: key 'level' is missing; add it"),
        ("id: two", "id: one", "troth.yaml:12:10 target 'one' stands twice; rename one"),
        ("rules/house.yaml", "rules/hose.yaml",
         "troth.yaml:9:13 there is no file 'rules/hose.yaml'; correct the path, or write it"),
        ("rules/house.yaml", "acme", "troth.yaml:9:13 policy 'acme' is selected twice; keep one"),
        ("[own]", "[own, oww]",
         "troth.yaml:16:26 there is no folder 'oww'; correct the path, or make it"),
        ("targets: [one]", "targets: []",
         "troth.yaml:4:14 targets: this is empty; write one item or more"),
        ("id: one,", "id: One,",
         'troth.yaml:11:10 target One: id: "One" does not fit; '
         "write lower-case words joined by - or ."),
        ("type: toy, level: 3", "type: toy, allow: [write], level: 3",
         "troth.yaml:11:34 target one: unknown value 'write'; use one of: data-read, job"),
        ("{critical:", "{Critical:",
         'troth.yaml:13:11 classes: "Critical" does not fit; write lower-case words joined by -'),
        ("owner: Rin, ", "",
         "troth.yaml:8:9 key 'owner' is missing; add it"),
    ],
)  # fmt: skip
def test_faults(old: str, new: str, told: str, folder: Path) -> None:
    assert wrong(folder, old, new) == [told]


def test_a_replay_needs_neither_checkers_nor_the_files(folder: Path) -> None:
    (folder / "waivers.yaml").unlink()
    (folder / "troth.yaml").write_text(TEXT.replace("type: toy", "type: long-gone"))
    assert load(folder / "troth.yaml", None).targets["one"]["type"] == "long-gone"


def test_it_is_found_upwards_but_not_beyond_the_repository(folder: Path) -> None:
    deep = folder / "a" / "b"
    deep.mkdir(parents=True)
    assert find(deep) == folder / "troth.yaml"
    (folder / "a" / ".git").mkdir()
    with pytest.raises(UsageError, match=r"there is no troth\.yaml here or above"):
        find(deep)


@pytest.mark.parametrize(
    ("named", "policy"),
    [("acme", "acme"), ("own/acme.yaml", "acme"), ("/x/acme.yaml", "acme"), ("v1.2", "v1.2")],
)
def test_a_policy_by_id_or_path(named: str, policy: str) -> None:
    assert policy_id(named) == policy


@pytest.mark.parametrize(
    "expression",
    [
        'tag("tier") == "critical"',
        "tag('tier') in ['a', 'b'] || resource.startsWith('arn:')",
        'target == "prod" && !tag("use").matches("^spare")',
        "true",
    ],
)
def test_scopes_that_are_fine(expression: str) -> None:
    assert list(scope_problems(expression)) == []


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("tier == 'a'", "'tier' is not known here; use tag(\"name\"), resource or target"),
        ("resource.name == 'a'",
         "'resource.name' is not known here; use tag(\"name\"), resource or target"),
        ("tag(tier) == 'a'", 'tag() takes one name in quotes, as tag("tier")'),
        ("tag('a', 'b') == 'a'", 'tag() takes one name in quotes, as tag("tier")'),
        ("tag() == 'a'", 'tag() takes one name in quotes, as tag("tier")'),
        ("tag(1) == 'a'", 'tag() takes one name in quotes, as tag("tier")'),
        ("size(resource) > 3", "function 'size' is not known here; "
         "use tag, matches, startsWith, endsWith or contains"),
        ("tag('a') ==", "not CEL: the expression ends where more is expected"),
        ("tag('a')", "'tag('a')' is not a condition; compare it with something"),
        ("tag('a').matches('(')", "'tag('a').matches('(')' cannot be evaluated: "
         "Function 'matches' error; correct it"),
    ],
)  # fmt: skip
def test_scopes_that_are_not(expression: str, told: str) -> None:
    assert list(scope_problems(expression)) == [told]


@given(
    st.text()
    | st.lists(
        st.sampled_from(["tag", "(", ")", "'a'", "resource", "==", "&&", "!", ".", "matches", "[",
                         "]", "0", "in", "-", "?", ":", "target", "+", "true"]),
        max_size=10,
    ).map(" ".join)
)  # fmt: skip
def test_no_text_breaks_the_examination(expression: str) -> None:
    assert all(isinstance(told, str) and told for told in scope_problems(expression))


@pytest.mark.parametrize("name", [r"\u0065nv", r"\x65nv", r"\145nv", r"e\"nv"])
def test_a_tags_name_is_written_without_a_backslash(name: str, folder: Path) -> None:
    old = """where: tag("tier") != "spare\""""
    assert wrong(folder, old, f"""where: 'tag("{name}") == "prod"'""") == [
        f'troth.yaml:5:12 tag("{name}") writes its name with a backslash; '
        "write every character itself"
    ]
    old = """{critical: 'tag("tier") == "critical"'}"""
    told = wrong(folder, old, f"""{{critical: 'tag("{name}") == "critical"'}}""")
    assert [text.partition(" ")[0] for text in told] == ["troth.yaml:13:21"]
    assert made(folder, TEXT.replace('"spare"', r'"\u0065nv"')).tags_read == {"tier"}
