"""What a machine is patched with.

Recorded on Debian 12 (apt 2.6.1, unattended-upgrades 2.9.1+nmu3) and trimmed: APT, RELEASE,
HISTORY and UNATTENDED. Written from the tools' documentation: dnf, zypper, rpm and apk.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.checkers.host.machines import Tree, seen_of
from tests.checkers.host.refusing import refusing
from troth.checkers.host import advisories, apk, apt, commands, kernels, releases
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.machine import Machine
from troth.model import Failure, Reason

APT = """\
Listing...
bash/oldstable 5.2.15-2+b13 amd64 [upgradable from: 5.2.15-2+b8]
bash/now 5.2.15-2+b8 amd64 [installed,upgradable to: 5.2.15-2+b13]

ca-certificates/oldstable-security 20250419~deb12u2 all [upgradable from: 20230311+deb12u1]
ca-certificates/oldstable,oldstable-updates,now 20230311+deb12u1 all [installed]

curl/oldstable 7.88.1-10+deb12u15 amd64 [upgradable from: 7.88.1-10+deb12u14]
curl/now 7.88.1-10+deb12u14 amd64 [installed,upgradable to: 7.88.1-10+deb12u15]
curl/oldstable-security 7.88.1-10+deb12u5 amd64

krb5-locales/oldstable,oldstable-security 1.20.1-2+deb12u5 all [upgradable from: 1.20.1-2+deb12u3]
krb5-locales/now 1.20.1-2+deb12u3 all [installed,upgradable to: 1.20.1-2+deb12u5]

"""
RELEASE = """\
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Origin: Debian
Label: Debian-Security
Suite: oldstable-security
Version: 12
Codename: bookworm-security
Date: Sat, 21 Nov 2026 00:53:02 UTC
Valid-Until: Sat, 28 Nov 2026 00:53:02 UTC
"""
HISTORY = """

Start-Date: 2025-06-24  14:36:25
Commandline: apt-get -qqy upgrade
Upgrade: libsystemd0:amd64 (252.36-1~deb12u1, 252.38-1~deb12u1)
End-Date: 2025-06-24  14:36:25

Start-Date: 2025-06-24  14:36:29
Commandline: apt-get install -qqy curl
Install: lsb-release:amd64 (12.0-1)
End-Date: 2025-06-24  14:37:04

Start-Date: 2026-11-22  10:52:13
Commandline: /usr/bin/unattended-upgrade --dry-run
Upgrade: libcups2:amd64 (2.4.2-3+deb12u8, 2.4.2-3+deb12u9)
End-Date: 2026-11-22  10:52:13
"""
UNATTENDED = """\
2026-11-20 06:12:01,336 INFO Starting unattended upgrades script
2026-11-20 06:12:01,338 INFO Allowed origins are: origin=Debian,label=Debian-Security
2026-11-20 06:12:01,338 INFO Initial blacklist: 
2026-11-20 06:12:01,338 INFO Initial whitelist (not strict): 
2026-11-20 06:12:45,826 INFO Packages that will be upgraded: libcups2
2026-11-20 06:13:08,308 INFO All upgrades installed
"""  # noqa: W291 - recorded so
UTC_ZONE = ZoneInfo("UTC")


def test_updates_are_those_that_a_security_archive_has_above_the_installed_version() -> None:
    found = apt.upgradable(APT)
    assert found == [
        {"package": "ca-certificates:all", "version": "20250419~deb12u2"},
        {"package": "krb5-locales:all", "version": "1.20.1-2+deb12u5"},
    ]


def test_a_newer_version_from_elsewhere_does_not_hide_one() -> None:
    text = (
        "Listing...\njq/backports 2 amd64 [upgradable from: 1]\n"
        "jq/stable-security 1.5 amd64\njq/now 1 amd64 [installed,upgradable to: 2]\n"
    )
    assert apt.upgradable(text) == [{"package": "jq:amd64", "version": "1.5"}]


@pytest.mark.parametrize(
    "text", ["", "E: no lists", APT + "half a li", "Listing...\n\x1b[2J/x 1 a"]
)
def test_an_answer_in_another_form_is_no_list(text: str) -> None:
    assert apt.upgradable(text) is None


def test_the_lists_are_dated_by_the_vendor() -> None:
    other = RELEASE.replace("-security", "").replace("21 Nov", "01 Nov")
    made = apt.lists_at({"a": RELEASE, "b": other})
    assert made == datetime(2026, 11, 21, 0, 53, 2, tzinfo=UTC)
    older = RELEASE.replace("21 Nov", "20 Nov").replace("Sat,", "Fri,", 1)
    assert apt.lists_at({"a": RELEASE, "b": older}) == datetime(2026, 11, 20, 0, 53, 2, tzinfo=UTC)
    assert apt.lists_at({"b": other}) is None
    assert apt.lists_at({"b": RELEASE.replace("21 Nov 2026", "99 Nov 99999")}) is None


def test_new_packages_and_rehearsals_are_no_upgrades() -> None:
    last, first = apt.upgrades([HISTORY], ZoneInfo("Asia/Tokyo"))
    assert (last, first) == (datetime(2025, 6, 24, 5, 36, 25, tzinfo=UTC),) * 2
    failed = HISTORY.replace("\nEnd-Date", "\nError: Sub-process failed\nEnd-Date")
    assert apt.upgrades([failed], UTC_ZONE)[0] is None
    assert apt.upgrades([HISTORY.replace("End-Date", "")], UTC_ZONE)[0] is None


def test_a_run_that_left_nothing_is_believed() -> None:
    assert apt.left_nothing(UNATTENDED, UTC_ZONE) == datetime(2026, 11, 20, 6, 12, 1, tzinfo=UTC)
    nothing = UNATTENDED.replace(
        "All upgrades installed",
        "No packages found that can be upgraded unattended and no pending auto-removals",
    )
    assert apt.left_nothing(nothing, UTC_ZONE)


@pytest.mark.parametrize(
    ("this", "that"),
    [
        ("Initial whitelist", "Option --dry-run given\n2026-11-20 06:12:02 INFO Initial whitelist"),
        ("Initial blacklist: ", "Initial blacklist: nginx"),
        (",label=Debian-Security", ",label=Debian"),
        (
            "INFO All upgrades installed",
            "INFO Package curl is kept back\nINFO All upgrades installed",
        ),
        ("All upgrades installed", "Installing the upgrades"),
        (
            "INFO All upgrades installed",
            "ERROR dpkg\n2026-11-20 06:13:09 INFO All upgrades installed",
        ),
    ],
)
def test_a_run_that_may_have_left_something_is_not(this: str, that: str) -> None:
    assert this in UNATTENDED
    assert apt.left_nothing(UNATTENDED.replace(this, that), UTC_ZONE) is None


DNF4 = """\
===============================================================================
  Important: openssl security update
===============================================================================
  Update ID: RHSA-2026:1234
       Type: security
    Updated: 2026-10-12 08:33:53
       CVEs: CVE-2026-0001
Description: openssl
           : Update ID: RHSA-1999:1
   Severity: Important

===============================================================================
  tzdata bug fix
===============================================================================
  Update ID: RHBA-2026:9
       Type: bugfix
    Updated: 2026-01-01 00:00:00
"""
DNF5 = """\
Name        : FEDORA-2026-abc
Title       : curl
Severity    : Important
Type        : security
Issued      : 2026-11-01 01:23:45
Description : Name        : x
"""


def test_notices_of_dnf() -> None:
    assert advisories.of_dnf(DNF4) == [
        {"package": "RHSA-2026:1234", "version": "", "issued_at": "2026-10-12T08:33:53+00:00"}
    ]
    assert advisories.of_dnf(DNF5) == [
        {"package": "FEDORA-2026-abc", "version": "", "issued_at": "2026-11-01T01:23:45+00:00"}
    ]
    assert advisories.of_dnf("") == []
    assert advisories.of_dnf("Error: cache only\n") is None
    assert advisories.of_dnf("  Type: security\n") is None
    undated = DNF5.replace("2026-11-01", "2026-13-41")
    assert advisories.of_dnf(undated) == [{"package": "FEDORA-2026-abc", "version": ""}]


ZYPPER = """\
<?xml version='1.0'?>
<stream>
<update-status version="0.6">
<update-list>
<update name="SUSE-1" edition="1" arch="noarch" category="security" kind="patch">
<summary>curl</summary><issue-date time_t="1790000000"/></update>
<update name="SUSE-2" edition="1" arch="noarch" category="recommended" kind="patch">
<issue-date time_t="1600000000"/></update>
</update-list>
</update-status>
</stream>
"""


def test_patches_of_zypper() -> None:
    assert advisories.of_zypper(ZYPPER) == [
        {"package": "SUSE-1", "version": "", "issued_at": "2026-09-21T14:13:20+00:00"}
    ]
    assert advisories.of_zypper(ZYPPER[:200]) is None


REPOMD = """\
<repomd><revision>1</revision><data type="primary"><timestamp>1790000000</timestamp></data>
<data type="updateinfo"><timestamp>1790000100</timestamp></data></repomd>
"""


def test_repositories_without_notices_date_nothing() -> None:
    assert advisories.lists_at([REPOMD]) == datetime(2026, 9, 21, 14, 15, tzinfo=UTC)
    older = REPOMD.replace("1790000", "1780000")
    assert advisories.lists_at([REPOMD, older]) == datetime(2026, 5, 28, 20, 28, 20, tzinfo=UTC)
    assert advisories.lists_at([REPOMD.replace("updateinfo", "group")]) is None


@pytest.mark.parametrize(
    ("line", "instant"),
    [
        ("curl-8-1.el9.x86_64     Tue Mar 12 08:33:53 2024\n", "2024-03-12T08:33:53+00:00"),
        ("curl-8-1.el9.x86_64     Tue Mar 12 08:33:53 UTC 2024", "2024-03-12T08:33:53+00:00"),
        ("curl-8-1.el9.x86_64     Tue Mar 32 08:33:53 2024", None),
        ("", None),
    ],
)
def test_the_newest_package_of_rpm(line: str, instant: str | None) -> None:
    made = advisories.installed_at(line)
    assert (made.isoformat() if made else None) == instant


APK = "Installed:                                Available:\nbusybox-1.36.1-r5      < 1.36.1-r7 \n"
INDEX = "P:busybox\nV:1.36.1-r7\nt:1790000000\n\nP:musl\nV:1.2-r0\nt:1790000500\n"


def packed(text: str) -> bytes:
    body, held = io.BytesIO(), text.encode()
    with tarfile.open(fileobj=body, mode="w:gz") as archive:
        entry = tarfile.TarInfo("APKINDEX")
        entry.size = len(held)
        archive.addfile(entry, io.BytesIO(held))
    return body.getvalue()


def test_updates_of_alpine_are_dated_by_their_build() -> None:
    older = apk.older(APK)
    assert older == [("busybox", "1.36.1-r7")]
    times = apk.built(apk.unpacked(packed(INDEX)))
    assert apk.pending(older, times) == [
        {"package": "busybox", "version": "1.36.1-r7", "issued_at": "2026-09-21T14:13:20+00:00"}
    ]
    assert apk.pending(older, {}) == [{"package": "busybox", "version": "1.36.1-r7"}]
    assert apk.older("") is None
    assert apk.older(APK + "half a line\n") is None
    for broken in (b"", b"no gzip", packed(INDEX)[:40], gzip.compress(b"no tar")):
        with pytest.raises(ValueError, match="no index"):
            apk.unpacked(broken)


@pytest.mark.parametrize(
    ("running", "installed", "state"),
    [
        ("6.1.0-18-amd64", ["6.1.0-18-amd64", "6.1.0-9-amd64"], "newest"),
        ("6.1.0-9-amd64", ["6.1.0-18-amd64", "6.1.0-9-amd64"], "older"),
        ("6.1.0-9-amd64", ["6.1.0-18-cloud-amd64", "6.1.0-9-amd64"], "newest"),
        ("5.14.0-362.8.1.el9_3.x86_64", ["5.14.0-362.18.1.el9_3.x86_64"], "older"),
        ("6.6.14-0-lts", ["6.6.14-0-lts"], "newest"),
        ("6.18.44-fc", [], "none"),
        ("\x1b[2J", ["9.9-amd64"], "none"),
    ],
)
def test_kernels(running: str, installed: list[str], state: str) -> None:
    assert kernels.own(running, installed) == state


INFO = (
    "version,codename,series,created,release,eol,eol-server,eol-esm,eol-legacy\n"
    "20.04 LTS,Focal,focal,2019-10-17,2020-04-23,2025-05-29,2025-05-29,2030-04-23,2032-04-27\n"
)
PRO = '{"services": [{"name": "esm-infra", "status": "enabled"}]}'


@pytest.mark.parametrize(
    ("text", "info", "pro", "ends"),
    [
        ('ID=rocky\nVERSION_ID="9.4"\nSUPPORT_END="2032-05-31"\n', "", "", "2032-05-31"),
        ('ID=ubuntu\nVERSION_ID="20.04"\n', INFO, "", "2025-05-29"),
        ('ID=ubuntu\nVERSION_ID="20.04"\n', INFO, PRO, "2032-04-27"),
        ('ID=ubuntu\nVERSION_ID="20.04"\n', "", "not JSON", "2025-05-29"),
        ("ID=debian\nVERSION_ID=12\n", "", "", "2028-06-30"),
        ("ID=alpine\nVERSION_ID=3.21.4\n", "", "", "2026-11-01"),
        ('ID="rhel"\nVERSION_ID="9.4"\n', "", "", "2032-05-31"),
        ("ID=debian\nVERSION_ID=99\n", "", "", None),
        ("ID=debian\n", "", "", None),
        ("ID=debian\nVERSION_ID=99\nSUPPORT_END=tomorrow\n", "", "", None),
    ],
)
def test_the_end_of_support(text: str, info: str, pro: str, ends: str | None) -> None:
    assert releases.support(releases.fields(text), info, pro).get("ends_on") == ends


class Said:
    """Answers of commands; the rest is not installed."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers

    def __call__(self, checker: Any, name: str, *arguments: str) -> commands.Ran:
        if name not in self.answers:
            raise commands.NotInstalled(name)
        return commands.Ran(0, self.answers[name], "")


def seen(tree: Tree, monkeypatch: pytest.MonkeyPatch, **answers: str) -> dict[str, Any]:
    said = Said(**answers)
    for way in ("run", "first_line"):
        monkeypatch.setattr(HostChecker, way, lambda self, *words: said(self, *words))
    return tree.only(Machine)


def debian(tree: Tree) -> None:
    tree.write("/etc/os-release", 'PRETTY_NAME="Debian 12"\nID=debian\nVERSION_ID="12"\n')
    tree.write("/var/lib/apt/lists/x_InRelease", RELEASE)
    tree.write("/var/log/apt/history.log", HISTORY.partition("Start-Date: 2026")[0].lstrip("\n"))
    tree.write("/var/log/unattended-upgrades/unattended-upgrades.log", UNATTENDED)
    tree.write("/etc/apt/apt.conf.d/20auto", 'APT::Periodic::Unattended-Upgrade "1";\n')
    tree.write("/usr/bin/unattended-upgrade", "")
    tree.write("/proc/stat", "cpu 1\nbtime 1790000000\n")
    tree.write("/boot/vmlinuz-6.1.0-18-amd64", "", mtime=1790000600)


def test_debian_whole(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    debian(tree)
    found = seen(tree, monkeypatch, apt=APT, uname="6.1.0-9-amd64\n", date="1790009000\n")
    assert found["updates"]["lists_at"] == "2026-11-21T00:53:02+00:00"
    assert [one["package"] for one in found["updates"]["pending"]["items"]] == [
        "ca-certificates:all", "krb5-locales:all",
    ]  # fmt: skip
    assert found["patching"]["last_upgrade_at"] == "2025-06-24T14:36:25+00:00"
    assert found["automatic_updates"] == {
        "mode": "installs", "left_nothing_at": "2026-11-20T06:12:01+00:00",
    }  # fmt: skip
    assert found["kernel"] == {
        "own": "older",
        "booted_at": "2026-09-21T14:13:20+00:00",
        "restart_asked_at": "2026-09-21T14:23:20+00:00",
    }
    assert found["release"]["support_ends_on"] == "2028-06-30"
    assert found["clock"]["machine_at"] == "2026-09-21T16:43:20+00:00"


def test_the_older_histories_are_unpacked(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    debian(tree)
    tree.write("/var/log/apt/history.log", "")
    tree.write("/var/log/apt/history.log.1.gz", gzip.compress(HISTORY.encode()))
    tree.write("/var/log/apt/history.log.2.gz", b"no gzip")
    found = seen(tree, monkeypatch, apt=APT, uname="x", date="1")
    assert found["patching"]["last_upgrade_at"] == "2025-06-24T14:36:25+00:00"


def test_red_hat_whole(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write("/etc/os-release", 'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"\n')
    tree.write("/var/cache/dnf/baseos-1/repodata/repomd.xml", REPOMD)
    tree.write("/etc/dnf/automatic.conf", "[commands]\napply_updates = yes\n")
    tree.write("/etc/systemd/system/timers.target.wants/dnf-automatic.timer", "")
    line = "curl-8-1.el9.x86_64   Tue Mar 12 08:33:53 2024\n"
    found = seen(tree, monkeypatch, dnf=DNF4, rpm=line, uname="x", date="x")
    assert found["updates"] == {
        "pending": {"items": [
            {"package": "RHSA-2026:1234", "version": "", "issued_at": "2026-10-12T08:33:53+00:00"},
        ], "complete": True},
        "lists_at": "2026-09-21T14:15:00+00:00",
    }  # fmt: skip
    assert found["patching"]["last_upgrade_at"] == "2024-03-12T08:33:53+00:00"
    assert found["automatic_updates"] == {"mode": "installs", "left_nothing_at": None}
    assert found["clock"].reason == Reason.MALFORMED_RESPONSE


def test_alpine_whole(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write("/etc/os-release", "ID=alpine\nVERSION_ID=3.21.4\n")
    tree.write("/var/cache/apk/APKINDEX.1.tar.gz", packed(INDEX))
    tree.write("/var/cache/apk/APKINDEX.2.tar.gz", b"torn")
    tree.write("/lib/apk/db/installed", "P:musl\nV:1\nt:1780000000\n")
    found = seen(tree, monkeypatch, apk=APK, uname="x", date="1")
    assert found["updates"]["lists_at"] == "2026-09-21T14:21:40+00:00"
    assert found["updates"]["pending"]["items"][0]["issued_at"] == "2026-09-21T14:13:20+00:00"
    assert found["patching"]["last_upgrade_at"] == "2026-05-28T20:26:40+00:00"


def test_suse_whole(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write("/etc/os-release", 'ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.6"\n')
    tree.write("/var/cache/zypp/raw/a/repodata/repomd.xml", REPOMD)
    found = seen(tree, monkeypatch, zypper=ZYPPER, rpm="x", uname="x", date="1")
    assert found["updates"]["pending"]["items"][0]["package"] == "SUSE-1"
    assert found["patching"].reason == Reason.NO_DATA
    assert found["release"].missing["support_ends_on"].reason == Reason.NOT_SUPPORTED


def test_a_file_tree_says_what_its_files_say(tree: Tree) -> None:
    debian(tree)
    found = tree.only(Machine)
    for name in ("updates", "kernel", "clock"):
        assert isinstance(found[name], Failure)
        assert found[name].reason == Reason.NOT_SUPPORTED
    assert found["release"]["support_ends_on"] == "2028-06-30"
    assert found["patching"]["last_upgrade_at"] == "2025-06-24T14:36:25+00:00"


def test_what_lacks_is_named(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    debian(tree)
    for path in ("var/lib/apt/lists/x_InRelease", "proc/stat"):
        (tree.root / path).unlink()
    tree.write("/var/log/apt/history.log", "\x1b[2J nothing of apt")
    found = seen(tree, monkeypatch, apt="E: broken", uname="x", date="99999999999")
    assert found["updates"].reason == Reason.MALFORMED_RESPONSE
    assert found["patching"].reason == Reason.NO_DATA
    assert found["kernel"].reason == Reason.NO_DATA
    assert found["clock"]["machine_at"].startswith("5138")
    found = seen(tree, monkeypatch, apt=APT, uname="x", date="1")
    assert found["updates"].missing["lists_at"].reason == Reason.NO_DATA


def test_an_unknown_release(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write("/etc/os-release", "ID=plan9\n")
    found = seen(tree, monkeypatch, apt=APT)
    for name in ("updates", "patching"):
        assert found[name].reason == Reason.NOT_SUPPORTED


@pytest.mark.parametrize(
    ("call", "facet"),
    [
        ("os_release", "release"),
        ("offered", "updates"),
        ("upgraded", "patching"),
        ("automatic_log", "automatic_updates"),
        ("automatic_settings", "automatic_updates"),
        ("kernel_files", "kernel"),
        ("uptime", "kernel"),
        ("support_files", "release"),
        ("machine_clock", "clock"),
    ],
)
def test_each_refusal_is_named(tree: Tree, call: str, facet: str) -> None:
    debian(tree)
    found = tree.only(refusing(Machine, call))[facet]
    assert isinstance(found, Failure)
    assert found.reason == Reason.PERMISSION_DENIED
    assert found.permission == Machine.calls()[call].actions[0]


def test_this_machine_is_read_by_one_script() -> None:
    """Whatever this machine is: each facet has facts or a reason, and nothing is a bug."""
    listed, found = seen_of(Machine, {"id": "h", "type": "host", "name": "me"})
    assert listed == []
    assert set(found["host:me"]) >= {"updates", "patching", "kernel", "release", "clock"}
    assert found["host:me"]["clock"]["our_at"] >= found["host:me"]["clock"]["machine_at"][:10]
