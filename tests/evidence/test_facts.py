"""Facts by their own hash: whatever a shard holds comes back byte for byte, or is refused."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.conftest import Sealed
from troth import canonical
from troth.errors import IntegrityError
from troth.evidence import facts

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
DECIMAL = st.floats(-1e6, 1e6, allow_nan=False)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | DECIMAL | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
COVERED = st.one_of(
    st.fixed_dictionaries({"facts": OBJECT, "missing": OBJECT, "covered": OBJECT}),
    st.fixed_dictionaries({"failure": OBJECT}),
)
REST = st.fixed_dictionaries({"observed_at": TEXT}, optional={"calls": JSON, "raw": OBJECT})


def sealed(facet: str, covered: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    """Return an observation as docs/run-folder.md says: the digest is over name and facts."""
    return {**rest, **covered, "digest": canonical.digest({"facet": facet, **covered})}


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(TEXT, unique=True, max_size=3))
    facets = {name: sealed(name, draw(COVERED), draw(REST)) for name in names}
    return {"id": draw(TEXT), "name": draw(TEXT), "partition": "", "facets": facets}


@given(OBJECT, st.lists(lines(), max_size=4))
def test_a_shard_comes_back_byte_for_byte(head: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    whole = b"".join(canonical.dumps(row) + b"\n" for row in [head, *rows])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "shard.jsonl").write_bytes(whole)
        facts.split(folder / "shard.jsonl", folder / "rest.jsonl", folder)
        assert b"".join(facts.rebuilt(folder / "rest.jsonl", folder)) == whole
        left = [json.loads(row) for row in (folder / "rest.jsonl").read_bytes().splitlines()[1:]]
        kept = {key for row in left for seen in row["facets"].values() for key in seen}
        assert kept.isdisjoint({"facts", "missing", "covered", "failure"})


def shard(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "unit.jsonl"
    path.write_bytes(b"".join(canonical.dumps(row) + b"\n" for row in ({"schema": 1}, *rows)))
    return path


def row(name: str, **values: Any) -> dict[str, Any]:
    covered = {"facts": values, "missing": {}, "covered": {}}
    return {"id": name, "facets": {"lock": sealed("lock", covered, {"observed_at": name})}}


def test_the_same_facts_seen_twice_are_one_file_that_coreutils_knows(tmp_path: Path) -> None:
    path = shard(tmp_path, row("a", bits=64), row("b", bits=64), row("c", bits=256))
    facts.split(path, tmp_path / "rest.jsonl", tmp_path)
    files = sorted((tmp_path / "facts").rglob("*.json"))
    assert len(files) == 2
    for file in files:
        told = subprocess.run(["sha256sum", file], check=True, capture_output=True, text=True)
        digest = told.stdout.split()[0]
        assert (file.stem, file.parent.name) == (digest, digest[:2])
    assert set(map(facts.path_of, facts.named(tmp_path / "rest.jsonl"))) == {
        str(file.relative_to(tmp_path)) for file in files
    }


def test_facts_that_are_not_what_the_run_says_are_not_packed(tmp_path: Path) -> None:
    path = shard(tmp_path, row("a", bits=64))
    path.write_bytes(path.read_bytes().replace(b'"bits":64', b'"bits":65'))
    with pytest.raises(IntegrityError, match=r"unit\.jsonl:2: the digest of lock is not that"):
        facts.split(path, tmp_path / "rest.jsonl", tmp_path)


@pytest.mark.parametrize(
    "line", [b'{"facets": {}}\n', b'{"facets":[]}\n', b"{}\n", b"nothing\n", b'{"facets":{}}']
)
def test_what_troth_did_not_write_is_not_packed(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "unit.jsonl").write_bytes(b"{}\n" + line)
    with pytest.raises(IntegrityError, match=r"unit\.jsonl:2 is n"):
        facts.split(tmp_path / "unit.jsonl", tmp_path / "rest.jsonl", tmp_path)


@pytest.mark.parametrize("digest", ["sha256:" + "../" * 21 + "x", "md5:" + "a" * 64, "", "a" * 64])
def test_a_digest_cannot_lead_anywhere_else(digest: str) -> None:
    with pytest.raises(IntegrityError, match="is not a digest"):
        facts.path_of(digest)


def test_facts_of_another_facet_do_not_fit(tmp_path: Path) -> None:
    facts.split(shard(tmp_path, row("a", bits=64)), tmp_path / "rest.jsonl", tmp_path)
    rest = tmp_path / "rest.jsonl"
    rest.write_bytes(rest.read_bytes().replace(b'"lock":', b'"tags":'))
    with pytest.raises(IntegrityError, match="tags names other facts"):
        list(facts.rebuilt(rest, tmp_path))


def test_every_observation_of_a_run_is_a_file(packed: Sealed) -> None:
    for path in (packed.run / "observations").glob("*.jsonl"):
        for line in path.read_bytes().splitlines()[1:]:
            for name, seen in json.loads(line)["facets"].items():
                body = (packed.folder / "data" / facts.path_of(seen["digest"])).read_bytes()
                told = json.loads(body)
                assert told.pop("facet") == name
                assert told == {key: seen[key] for key in told}
                assert told.keys() & {"facts", "failure"}
