"""Reports of AIDE, and sources of packages.

The reports were recorded on Debian 12 with AIDE 0.18.3 over a folder made for it, and trimmed; its
paths were changed. Files of yum and apt are written from their manuals.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checkers.host.machines import Tree
from troth.checker import ObservationFailed
from troth.checkers.host import integrity
from troth.checkers.host.machine import Machine
from troth.model import Failure, Reason

SAME = """Start timestamp: 2026-11-19 06:25:01 +0100 (AIDE 0.18.3)
AIDE found NO differences between database and filesystem. Looks okay!!

Number of entries:\t3

/var/lib/aide/aide.db
 MD5       : VFXFv3MZi2+ktaeWrJ7XhA==


End timestamp: 2026-11-19 06:26:31 +0100 (run time: 1m 30s)
"""
OTHER = """Start timestamp: 2026-11-20 06:25:01 +0100 (AIDE 0.18.3)
AIDE found differences between database and filesystem!!

Summary:
  Total number of entries:\t3
  Added entries:\t\t1
  Removed entries:\t\t1
  Changed entries:\t\t1

Added entries:
f+++++++++++++++++: /usr/bin/z
f+++++++++++++++++: /var/log/new.log

Removed entries:
f-----------------: /usr/lib64/y.so

Changed entries:
f   ...     H     : /bin/x

Detailed information about changes:
File: /bin/x
 SHA256    : h0KPxSKAPTEGXnvOPPA/5HUJZjHl4Hu9 | o6XnFfDMV0pzw/m+u2vCTzL/1bZ7OHJE

End timestamp: 2026-11-20 06:26:31 +0100 (run time: 1m 30s)
"""
LOG = "/var/log/aide/aide.log"


def seen(tree: Tree) -> dict[str, object]:
    return dict(tree.only(Machine)["file_integrity"])


def test_a_report_without_differences(tree: Tree) -> None:
    tree.write(LOG, SAME)
    wanted = {"checked_at": "2026-11-19T05:26:31+00:00", "changed": {"items": [], "complete": True}}
    assert seen(tree) == wanted


def test_programs_that_were_added_removed_or_changed(tree: Tree) -> None:
    tree.write(LOG, SAME + OTHER)
    changed = {"items": ["/bin/x", "/usr/bin/z", "/usr/lib64/y.so"], "complete": True}
    assert seen(tree) == {"checked_at": "2026-11-20T05:26:31+00:00", "changed": changed}


def test_the_last_whole_report_counts(tree: Tree) -> None:
    tree.write(LOG, OTHER + SAME.replace("11-19", "11-21") + OTHER.partition("End")[0])
    assert seen(tree)["checked_at"] == "2026-11-21T05:26:31+00:00"


def test_no_report_is_no_data(tree: Tree) -> None:
    failure = tree.only(Machine)["file_integrity"]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.NO_DATA
    assert "aide --check" in failure.message


def test_a_report_of_2099_shows_no_time(tree: Tree) -> None:
    tree.write(LOG, SAME.replace("2026", "2099"))
    found = tree.only(Machine)["file_integrity"]
    assert found.missing["checked_at"].reason == Reason.UNPROVEN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x1b[2J" * 9000,
        SAME.partition("End")[0],
        SAME.partition("AIDE found")[2],
        SAME.replace("AIDE found NO", "Nobody found"),
        SAME.replace("2026-11-19 06:26:31", "2026-13-41 99:26:31"),
    ],
)
def test_what_is_no_whole_report_is_malformed(text: str) -> None:
    with pytest.raises(ObservationFailed) as raised:
        integrity.last_report(text)
    assert raised.value.failure.reason == Reason.MALFORMED_RESPONSE


@pytest.mark.skipif(shutil.which("aide") is None, reason="needs AIDE")
def test_what_aide_writes_today_is_read(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/x").write_text("a")
    config = tmp_path / "conf"
    config.write_text(
        f"database_in=file:{tmp_path}/db\ndatabase_out=file:{tmp_path}/db\n"
        f"report_url=stdout\n{tmp_path}/bin sha256\n"
    )
    subprocess.run(["aide", f"--config={config}", "--init"], check=True, capture_output=True)
    command = ["aide", f"--config={config}", "--check"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert integrity.last_report(ran.stdout)["changed"] == []


SOURCES = {
    "/etc/apt/sources.list": "deb [arch=amd64 trusted=yes] http://own.example/debian x main\n",
    "/etc/apt/sources.list.d/own.list": "deb [ Trusted = Yes ] http://own.example/debian x main\n",
    "/etc/apt/sources.list.d/own.sources": "Types: deb\nURIs: http://own.example\nTrusted: yes\n",
    "/etc/apt/apt.conf": 'APT::Get::AllowUnauthenticated "true";\n',
    "/etc/apt/apt.conf.d/99own": "Acquire::AllowInsecureRepositories yes;\n",
    "/etc/yum.repos.d/own.repo": "[a]\ngpgcheck=1\n[b]\nbaseurl=http://b\ngpgcheck = 0\n",
    "/etc/dnf/dnf.conf": "[main]\ngpgcheck=False\n",
    "/etc/yum.conf": "[main]\ngpgcheck=no\n",
}


def unsigned(tree: Tree) -> list[str]:
    found = tree.only(Machine)["software_sources"]["unsigned"]
    assert found["complete"] is True
    return list(found["items"])


@pytest.mark.parametrize("path", SOURCES)
def test_a_source_that_nobody_signs_in_each_place(tree: Tree, path: str) -> None:
    tree.write(path, SOURCES[path])
    assert unsigned(tree) == [path]
    tree.write(path, "".join(f"# {line}\n" for line in SOURCES[path].splitlines()))
    assert unsigned(tree) == []


def test_signed_sources_are_none(tree: Tree) -> None:
    tree.write("/etc/apt/sources.list", "deb [signed-by=/usr/share/x] http://d.example x main\n")
    tree.write("/etc/apt/apt.conf.d/20auto", '// AllowUnauthenticated "true";\nAPT::Foo "1";\n')
    tree.write("/etc/apt/apt.conf.d/30off", 'APT::Get::AllowUnauthenticated "false";\n')
    tree.write("/etc/yum.repos.d/off.repo", "[off]\nenabled=0\ngpgcheck=0\n[on]\ngpgcheck=1\n")
    tree.write("/etc/yum.repos.d/hostile.repo", "[" * 9000 + "\x1b[2J\ngpgcheck\n")
    assert unsigned(tree) == []
