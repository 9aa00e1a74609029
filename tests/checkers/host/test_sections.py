"""The sections: shell that every shell reads, that writes nothing, and brings what is asked for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.host.shells import HERE, NOBODY, Shell, checkers, look
from troth.checkers.host import framing, script
from troth.checkers.host.transport.local import talk
from troth.errors import CheckerBug

FILES = [HERE / "collector.sh", *sorted((HERE / "sections").glob("*.sh"))]
SECTIONS = {path.stem for path in FILES[1:]}
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
#: What sends output to a file, unless that is /dev/null or a descriptor.
_REDIRECT = re.compile(r"(?<![=<>&$\\\w-])[0-9]*>>?(?!\s*(/dev/null|&[0-9-]))")
#: Programs that change something.
_CHANGES = re.compile(
    r"(?<![\w./-])(tee|touch|mkdir|rmdir|rm|mv|cp|ln|chmod|chown|dd|install|kill|mktemp|truncate|"
    r"sysctl -w|sed -i|curl|wget|logger|eval)(?![\w.-])"
)


@each
@pytest.mark.parametrize("shell", ["dash", "busybox ash", "bash --posix"])
def test_every_shell_can_read_it(path: Path, shell: str) -> None:
    command = shell.split()
    if not shutil.which(command[0]):
        pytest.skip(f"missing: {command[0]}")
    done = subprocess.run([*command, "-n", path], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def _code(path: Path) -> str:
    """Return the text without comments, awk programs and other quoted words."""
    text = re.sub(r"'\\''", "", path.read_text())
    text = re.sub(r"'[^']*'", "''", text)
    return re.sub(r"(?m)(^|\s)#.*$", "", text)


@each
def test_nothing_in_it_writes(path: Path) -> None:
    text = _code(path)
    assert not _REDIRECT.search(text.replace("3>&1", "").replace(">&3", "").replace("3>&-", ""))
    assert not _CHANGES.search(text)
    assert path.read_text().endswith("\n")


def test_the_scan_for_writes_finds_them(tmp_path: Path) -> None:
    for line in ("echo x > /etc/motd", "id >>f", "run rm -r /", "x=$(mktemp)", "id 2>$f"):
        (tmp_path / "x").write_text(line + "\n")
        text = _code(tmp_path / "x")
        assert _REDIRECT.search(text) or _CHANGES.search(text), line


def test_every_section_is_asked_for_and_every_call_has_its_own() -> None:
    used: set[str] = set()
    for cls in checkers().values():
        for name in cls.calls():
            found = cls.sections_of(name)
            assert set(found) <= SECTIONS, (cls.id, name)
            used |= set(found)
    assert used == SECTIONS


def _whole() -> tuple[bytes, bytes]:
    lists: dict[str, Any] = {}
    for cls in checkers().values():
        lists |= cls.script_lists({"id": "h"})
    asked = script.made(SECTIONS, lists)
    return asked.text, asked.mark


def test_it_runs_where_nothing_can_be_written() -> None:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("missing: permission to make a mount namespace")
    text, mark = _whole()
    inside = "mount --make-rprivate / && mount -o remount,bind,ro / && exec sh -s"
    done = talk(["unshare", "--mount", "sh", "-c", inside], text, 100.0)
    assert framing.is_whole(framing.unpacked(done.out, mark) or b"", mark)


def test_it_leaves_an_empty_folder_empty(tmp_path: Path) -> None:
    text, mark = _whole()
    inside = f"cd {tmp_path} && exec sh -s"
    done = talk(["sh", "-c", inside], text, 100.0, {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)})
    assert framing.is_whole(framing.unpacked(done.out, mark) or b"", mark)
    assert os.listdir(tmp_path) == []


def _ways(monkeypatch: pytest.MonkeyPatch, *command: str) -> None:
    monkeypatch.setattr("troth.checkers.host.transport.ways.of", lambda *_: Shell(command))


OPTIONS: dict[str, Any] = {"name": "m", "backup_folders": [{"path": "/etc/pam.d", "store": "s"}]}


def _failures(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for checker, rows in found.items():
        for resource, facets in rows.items():
            seen = {"": {"failure": facets}} if resource == "" else facets
            for facet, one in seen.items():
                for why in [one.get("failure"), *one.get("missing", {}).values()]:
                    if why:
                        yield f"{checker} {resource} {facet}", why


@pytest.mark.parametrize("shell", [["dash", "-s"], ["busybox", "ash", "-s"]], ids=["dash", "ash"])
def test_no_call_asks_for_more_than_its_sections_bring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: list[str]
) -> None:
    _ways(monkeypatch, *shell)
    found, made = look(tmp_path / "run", OPTIONS, *checkers().values())
    assert made.counters["batches"] == 1
    assert [(at, why) for at, why in _failures(found) if why["reason"] == "rule-error"] == []


def test_a_user_without_rights_names_what_could_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("missing: root, to become someone else")
    as_root, _ = look(tmp_path / "root", OPTIONS, *checkers().values())
    _ways(monkeypatch, *NOBODY)
    found, _ = look(tmp_path / "nobody", OPTIONS, *checkers().values())
    failures = dict(_failures(found))
    assert not [at for at, why in failures.items() if why["reason"] == "rule-error"]
    wanted = {
        "h.host.account": "read /etc/shadow (root or group shadow)",
        "h.host.firewall": "run nft -j list ruleset (root)",
    }
    for checker, action in wanted.items():
        refused = {w["permission"] for at, w in failures.items() if at.startswith(checker)}
        assert action in refused, checker
    differing = {
        f"{checker} {resource} {facet} {fact}"
        for checker, rows in found.items()
        for resource, facets in rows.items()
        if resource and resource in as_root[checker]
        for facet, seen in facets.items()
        for fact, value in seen.get("facts", {}).items()
        if facet not in ("clock", "space", "trace")
        and value != as_root[checker][resource][facet].get("facts", {}).get(fact)
        and not (isinstance(value, dict) and "items" in value and "complete" not in value)
    }
    assert differing == set()


def test_every_list_of_the_sections_is_given() -> None:
    given: set[str] = set()
    for cls in checkers().values():
        given |= set(cls.script_lists({"id": "h", "data_paths": ["/srv"]}))
    for path in FILES[1:]:
        for name in re.findall(r"^\s*each (\w+)", path.read_text(), re.M):
            assert name in given, (path.stem, name)


def test_unknown_sections_are_a_bug() -> None:
    for name in ("none-such", "../collector", "nothing"):
        with pytest.raises(CheckerBug):
            script.made([name], {})
