"""What backup tools list. restic 0.14.0, borg 1.2.4 and pgBackRest 2.45 were run for it.

Those texts were recorded on Debian 12 and shortened; Barman's and the newer summary of restic were
written from the tools' documentation and source.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.driver import Seen
from tests.checkers.host.machines import Tree, seen_of
from troth.catalogue.kinds import load_kind
from troth.checker import ABSENT, Facts, ObservationFailed, Resource
from troth.checkers.host import backup_tools, destinations, repositories
from troth.checkers.host.backup import BackupFolders
from troth.checkers.host.commands import NotInstalled, Ran
from troth.checkers.host.repositories import Listing
from troth.model import Failure, Reason

RESTIC = json.dumps(
    [
        {
            "time": "2026-11-21T19:00:41.268419288Z",
            "tree": "9391971a",
            "paths": ["/srv/data"],
            "hostname": "vm",
            "username": "root",
            "id": "99d441b23edc8172f84b3c21476807075ad5607362604f559b0d7765bc852f25",
            "short_id": "99d441b2",
        },
        {
            "time": "2026-11-22T04:00:41.958597882+09:00",
            "parent": "99d441b23edc8172f84b3c21476807075ad5607362604f559b0d7765bc852f25",
            "tree": "9391971a",
            "paths": ["/srv/data"],
            "hostname": "vm",
            "username": "root",
            "id": "8287c5105a14c074ed8c36e40625cdcee31ed9ed44f0dc2eaca14ff380b536c9",
            "short_id": "8287c510",
        },
        {
            "time": "2026-11-22T10:43:42.534451257Z",
            "tree": "7f2a111b",
            "paths": ["/etc"],
            "hostname": "other",
            "username": "root",
            "id": "22708324ae3bf02607a7145077549612f0630ac72e841fe0078a6dff666d1df0",
            "short_id": "22708324",
        },
    ]
)


def borg(mode: str, *names: str) -> str:
    archives = [
        {
            "archive": name,
            "barchive": name,
            "end": f"2026-11-2{number}T19:10:02.000000",
            "hostname": "vm",
            "id": f"518a35f284fdc28021d43cdf98d0076{number}",
            "name": name,
            "start": f"2026-11-2{number}T19:00:46.000000",
            "time": f"2026-11-2{number}T19:00:46.000000",
        }
        for number, name in enumerate(names)
    ]
    said = {
        "archives": archives,
        "encryption": {"mode": mode},
        "repository": {"id": "cd0face0", "location": "/backup/borg"},
    }
    return json.dumps(said, indent=4)


def pg_backup(
    label: str, repo: int, start: int, size: int, *, error: bool = False
) -> dict[str, Any]:
    return {
        "backrest": {"format": 5, "version": "2.45"},
        "database": {"id": 1, "repo-key": repo},
        "error": error,
        "info": {"delta": 8458, "repository": {"delta": 431, "size": 3043467}, "size": size},
        "label": label,
        "timestamp": {"start": start, "stop": start + 4},
        "type": "incr" if "_" in label else "full",
    }


def pgbackrest(*backups: dict[str, Any], second: int = 0) -> str:
    repos = [
        {"cipher": "none", "key": 1, "status": {"code": 0, "message": "ok"}},
        {"cipher": "aes-256-cbc", "key": 2, "status": {"code": second, "message": "other"}},
    ]
    stanza = {
        "backup": list(backups),
        "cipher": "mixed",
        "name": "main",
        "repo": repos,
        "status": {"code": 0, "lock": {"backup": {"held": False}}, "message": "ok"},
    }
    return json.dumps([stanza])


FULL = pg_backup("20261122-104433F", 1, 1795344273, 22992571)
BARMAN = json.dumps(
    {
        "main": [
            {"backup_id": "20261122T030000", "status": "STARTED"},
            {"backup_id": "20261121T230000", "status": "FAILED"},
            {
                "backup_id": "20261121T040000",
                "end_time_timestamp": "1795201800",
                "end_time": "Fri Nov 20 19:10:00 2026",
                "size_bytes": 22992571,
                "wal_size_bytes": 16777216,
                "size": "21.9 MiB",
                "wal_size": "16.0 MiB",
                "status": "WAITING_FOR_WALS",
                "retention_status": "-",
                "tablespaces": [],
            },
            {
                "backup_id": "20261120T040000",
                "end_time_timestamp": "1795115400",
                "size_bytes": 22992000,
                "wal_size_bytes": 16777216,
                "status": "DONE",
                "retention_status": "VALID",
                "tablespaces": [],
            },
        ]
    }
)


def entry(tool: str, repository: str, **more: Any) -> dict[str, Any]:
    return {"tool": tool, "repository": repository, "store": "db1"} | more


def points(out: str, given: Mapping[str, Any]) -> Any:
    """Return what the facet makes of a tool's answer; its facts must satisfy the kind."""
    target = {"id": "h", "name": "web1", "backup_repositories": [given]}
    partition = next(BackupFolders.partitions(target))
    checker = BackupFolders(target, partition, lambda *_: ABSENT, {})
    keys = list(checker.entries(Resource("db1", "db1")))
    listed = backup_tools.listing(given, Ran(0, out, ""))
    made = checker.points(
        Resource("db1", "db1"), "web1", {key: [] for key in keys}, dict.fromkeys(keys, listed)
    )
    assert isinstance(made, Facts)
    assert load_kind("backup-set").validate("points", made.values, made.missing) == []
    return made


def items(out: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = points(out, given).values["recovery_points"]
    assert found["complete"] is True
    return list(found["items"])


def test_snapshots_of_restic_are_encrypted_points() -> None:
    given = entry("restic", "/backup/restic", pattern="vm:/srv/*")
    assert items(RESTIC, given) == [
        {
            "id": "restic:8287c5105a14c074",
            "started_at": "2026-11-21T19:00:41+00:00",
            "completed_at": "2026-11-21T19:00:41+00:00",
            "state": "completed",
            "trigger": "unknown",
            "encrypted": True,
            "place": "host:web1:/backup/restic",
            "storage": "disk",
        },
        {
            "id": "restic:99d441b23edc8172",
            "started_at": "2026-11-21T19:00:41+00:00",
            "completed_at": "2026-11-21T19:00:41+00:00",
            "state": "completed",
            "trigger": "unknown",
            "encrypted": True,
            "place": "host:web1:/backup/restic",
            "storage": "disk",
        },
    ]


def test_the_same_tree_twice_is_noted() -> None:
    seen = points(RESTIC, entry("restic", "/backup/restic"))
    assert len(seen.values["recovery_points"]["items"]) == 3
    assert seen.raw == {"same_as_the_one_before": ["restic:99d441b23edc8172"]}


def snapshots(*sizes: int) -> str:
    rows = [
        {
            "time": f"2026-11-{day:02}T20:00:00Z",
            "tree": str(day),
            "paths": ["/srv"],
            "hostname": "vm",
            "id": f"{day:064}",
            "summary": {
                "backup_start": f"2026-11-{day:02}T19:00:00.5Z",
                "backup_end": f"2026-11-{day:02}T19:30:00.5Z",
                "total_bytes_processed": size,
            },
        }
        for day, size in enumerate(sizes, 10)
    ]
    return json.dumps(rows)


def test_a_summary_gives_start_end_and_size_and_what_is_far_below_is_suspect() -> None:
    found = items(snapshots(100, 100, 100, 49, 50, 0), entry("restic", "s3:s3.amazonaws.com/b/x"))
    assert [one["state"] for one in found] == [*["completed"] * 3, "suspect", "completed", "failed"]
    assert found[0]["started_at"] == "2026-11-10T19:00:00+00:00"
    assert found[0]["completed_at"] == "2026-11-10T19:30:00+00:00"
    assert (found[0]["place"], found[0]["storage"]) == ("s3:b/x", "s3")
    assert found[5]["completed_at"] is None
    loose = items(snapshots(100, 100, 100, 49), entry("restic", "/b", min_ratio=0.49))
    assert loose[3]["state"] == "completed"


def test_an_empty_repository_has_no_points() -> None:
    assert items("null", entry("restic", "/b")) == items("[]", entry("restic", "/b")) == []
    assert items(borg("repokey"), entry("borg", "/b")) == []


@pytest.mark.parametrize(
    ("mode", "encrypted"),
    [
        ("none", False),
        ("authenticated", False),
        ("authenticated-blake2", False),
        ("repokey", True),
        ("keyfile-blake2", True),
        ("repokey-aes-ocb", True),
    ],
)
def test_the_mode_of_borg_tells_whether_archives_are_encrypted(mode: str, encrypted: bool) -> None:
    (found,) = items(borg(mode, "night"), entry("borg", "me@nas:borg"))
    assert found == {
        "id": "borg:night",
        "started_at": "2026-11-20T19:00:46+00:00",
        "completed_at": "2026-11-20T19:10:02+00:00",
        "state": "completed",
        "trigger": "unknown",
        "encrypted": encrypted,
        "place": "host:nas:borg",
        "storage": "disk",
    }


def test_times_without_a_zone_are_utc_wherever_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        (found,) = items(borg("none", "night"), entry("borg", "/b"))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found["started_at"] == "2026-11-20T19:00:46+00:00"


def test_a_mode_that_is_not_known_says_nothing() -> None:
    assert "encrypted" not in items(borg("rot13", "a"), entry("borg", "/b"))[0]


def test_a_pattern_chooses_archives() -> None:
    given = entry("borg", "/b", pattern="db-*")
    assert [p["id"] for p in items(borg("none", "db-1", "www-1"), given)] == ["borg:db-1"]


def test_each_repository_of_pgbackrest_has_its_own_cipher() -> None:
    encrypted = pg_backup("20261122-104439F", 2, 1795344279, 22992571)
    broken = pg_backup("20261122-104433F_1I", 1, 1795344277, 22992571, error=True)
    found = items(pgbackrest(FULL, broken, encrypted), entry("pgbackrest", "main"))
    assert found[0] == {
        "id": "pgbackrest:main:repo1:20261122-104433F",
        "started_at": "2026-11-22T10:44:33+00:00",
        "completed_at": "2026-11-22T10:44:37+00:00",
        "state": "completed",
        "trigger": "unknown",
        "size_bytes": 22992571,
        "encrypted": False,
    }
    assert [(p["state"], p["encrypted"]) for p in found[1:]] == [
        ("suspect", False),
        ("completed", True),
    ]


def test_a_repository_that_pgbackrest_could_not_read_leaves_the_list_open() -> None:
    made = points(pgbackrest(FULL, second=99), entry("pgbackrest", "main"))
    assert "complete" not in made.values["recovery_points"]
    assert len(made.values["recovery_points"]["items"]) == 1
    why = made.missing["recovery_points"]
    assert why.reason == Reason.LISTING_INCOMPLETE
    assert "repo2: other" in why.message
    assert points(pgbackrest(FULL, second=2), entry("pgbackrest", "main")).missing == {}


def test_a_stanza_that_is_not_there() -> None:
    with pytest.raises(ObservationFailed) as caught:
        backup_tools.listing(entry("pgbackrest", "other"), Ran(0, pgbackrest(FULL), ""))
    assert caught.value.failure.reason == Reason.NO_DATA
    with pytest.raises(ObservationFailed):
        backup_tools.listing(entry("pgbackrest", "main"), Ran(0, "[]", ""))


def test_a_backup_of_barman_counts_when_it_is_done() -> None:
    found = items(BARMAN, entry("barman", "main"))
    assert [(p["id"], p["state"], p["started_at"], p["completed_at"]) for p in found] == [
        ("barman:main:20261120T040000", "completed", *["2026-11-19T19:10:00+00:00"] * 2),
        ("barman:main:20261121T040000", "running", "2026-11-20T19:10:00+00:00", None),
        ("barman:main:20261121T230000", "failed", "2026-11-21T23:00:00+00:00", None),
        ("barman:main:20261122T030000", "running", "2026-11-22T03:00:00+00:00", None),
    ]
    assert not any("encrypted" in point for point in found)


def test_an_incremental_backup_of_barman_is_not_measured_by_full_ones() -> None:
    rows = [
        {
            "backup_id": f"202611{day}T040000",
            "end_time_timestamp": str(1795115400 + day * 86400),
            "size_bytes": 10 if day == 14 else 1000,
            "status": "DONE",
            "backup_type": "incremental" if day == 14 else "full",
        }
        for day in range(10, 15)
    ]
    given = entry("barman", "main")
    assert {p["state"] for p in items(json.dumps({"main": rows}), given)} == {"completed"}
    rows[-1]["backup_type"] = "full"
    assert items(json.dumps({"main": rows}), given)[-1]["state"] == "suspect"


HOSTILE = (
    "",
    "{}",
    "[1]",
    '{"main": 3}',
    '{"main": [{"backup_id": "x", "status": "STARTED"}]}',
    '{"main": [{"backup_id": "x", "status": "DONE"}]}',
    '{"main": [{"backup_id": [], "status": {}, "end_time_timestamp": "9e99"}]}',
    '[{"name": "main"}]',
    '[{"name": "main", "repo": [{"key": [], "cipher": 1, "status": {"code": []}}], "backup": [1]}]',
    '[{"time": "1970-99-99", "id": 1, "paths": []}]',
    '[{"time": "0001-01-01T00:00:00+23:00", "id": 1, "paths": []}]',
    '{"archives": [], "encryption": "none"}',
    '{"archives": [{"name": "\\u001b[2J", "start": "now"}], "encryption": {"mode": []}}',
    "[" * 100_000,
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("tool", ["restic", "borg", "pgbackrest", "barman"])
def test_what_is_not_a_list_of_backups_is_malformed(tool: str, text: str) -> None:
    with pytest.raises(ObservationFailed) as caught:
        backup_tools.listing(entry(tool, "main"), Ran(0, text, ""))
    assert caught.value.failure.reason in (Reason.MALFORMED_RESPONSE, Reason.NO_DATA)


def test_no_snapshots_where_a_list_is_cut_off() -> None:
    for cut in (1, 40, len(RESTIC) - 1):
        with pytest.raises(ObservationFailed):
            repositories.restic(RESTIC[:cut])


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (1, "Fatal: wrong password or no key found", Reason.PERMISSION_DENIED),
        (1, "Fatal: an empty password is not a password", Reason.PERMISSION_DENIED),
        (1, "Resolving password failed: Fatal: /p does not exist", Reason.PERMISSION_DENIED),
        (2, "can not acquire a passphrase: BORG_PASSPHRASE is not set.", Reason.PERMISSION_DENIED),
        (1, "unable to open repository: open /b/keys: permission denied", Reason.PERMISSION_DENIED),
        (1, "Fatal: unable to open config file: stat /b/config: no such file", Reason.NO_DATA),
        (2, "Repository /b does not exist.", Reason.NO_DATA),
        (2, "Attempting to access a previously unknown unencrypted repo", Reason.NOT_SUPPORTED),
        (139, "\x1b[31m", Reason.NO_DATA),
    ],
)
def test_why_a_tool_would_not_list(status: int, said: str, reason: Reason) -> None:
    with pytest.raises(ObservationFailed) as caught:
        backup_tools.listing(entry("borg", "/b"), Ran(status, "", said))
    failure = caught.value.failure
    assert failure.reason == reason
    assert "\x1b" not in failure.message
    assert bool(failure.permission) == (reason == Reason.PERMISSION_DENIED)


def test_borg_behind_env_may_not_be_installed() -> None:
    with pytest.raises(NotInstalled):
        backup_tools.listing(entry("borg", "/b"), Ran(127, "", "env: 'borg': No such file"))


def test_a_file_tree_cannot_be_asked(tree: Tree) -> None:
    failure = tree.only(BackupFolders, backup_repositories=[entry("restic", "/b")])["points"]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.NOT_SUPPORTED


def test_the_commands_neither_lock_nor_ask() -> None:
    made = [backup_tools.command(entry(t, "r")) for t in ("restic", "borg", "pgbackrest", "barman")]
    assert made == [
        ["restic", "-r", "r", "--no-lock", "--no-cache", "--json", "snapshots"],
        ["borg", "list", "--bypass-lock", "--json", "--format", "{start}{end}{hostname}", "r"],
        ["pgbackrest", "--stanza=r", "--output=json", "info"],
        ["barman", "-f", "json", "list-backup", "r"],
    ]
    secret = backup_tools.command(entry("borg", "r", password_file="/root/pw"))
    assert secret[:3] == ["env", "BORG_PASSCOMMAND=cat /root/pw", "borg"]
    assert backup_tools.command(entry("restic", "r", password_file="/root/pw"))[3:5] == [
        "-p",
        "/root/pw",
    ]


def test_a_password_in_the_address_of_a_repository_is_refused() -> None:
    import jsonschema_rs

    schema = jsonschema_rs.Draft202012Validator(backup_tools.OPTION)
    assert schema.is_valid([entry("restic", "rest:https://backup.example/vm")])
    assert schema.is_valid([entry("borg", "ssh://me@nas:22/./vm")])
    assert not schema.is_valid([entry("restic", "rest:https://me:secret@backup.example/vm")])
    assert not schema.is_valid([entry("borg", "--rsh=sh")])
    assert not schema.is_valid([entry("borg", "/b", password_file="/root/my pw")])


def live(given: dict[str, Any]) -> Any:
    target = {"id": "h", "type": "host", "name": "web1", "backup_repositories": [given]}
    _, found = seen_of(BackupFolders, target)
    return found["db1"]["points"]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "pw"
    path.write_text("demo\n")
    return path


def test_a_real_restic_repository(tmp_path: Path, secret: Path) -> None:
    if not shutil.which("restic"):
        pytest.skip("missing: restic")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a").write_text("a")
    repository = str(tmp_path / "repo")
    base = ["restic", "-q", "--no-cache", "-r", repository, "-p", str(secret)]
    subprocess.run([*base, "init"], check=True, capture_output=True)
    subprocess.run([*base, "backup", str(tmp_path / "data")], check=True, capture_output=True)
    seen = live(entry("restic", repository, password_file=str(secret)))
    assert isinstance(seen, Seen)
    (point,) = seen["recovery_points"]["items"]
    assert (point["state"], point["encrypted"]) == ("completed", True)
    assert point["place"] == f"host:web1:{repository}"
    for given, reason in (
        (entry("restic", repository), Reason.PERMISSION_DENIED),
        (entry("restic", f"{repository}-2", password_file=str(secret)), Reason.NO_DATA),
    ):
        failure = live(given)
        assert isinstance(failure, Failure)
        assert failure.reason == reason
    assert os.listdir(f"{repository}/locks") == []


@pytest.fixture
def borg_repository(tmp_path: Path, secret: Path) -> Iterator[Any]:
    """Return what makes a real repository of a mode; borg's notes on it are taken away again."""
    if not shutil.which("borg"):
        pytest.skip("missing: borg")
    repository = tmp_path / "repo"
    (tmp_path / "data").mkdir()

    def make(mode: str) -> str:
        given = os.environ | {"BORG_PASSCOMMAND": f"cat {secret}", "BORG_BASE_DIR": str(tmp_path)}
        for command in (["init", "-e", mode, "repo"], ["create", "repo::n", "data"]):
            subprocess.run(
                ["borg", *command], env=given, cwd=tmp_path, check=True, capture_output=True
            )
        return str(repository)

    yield make
    known = (repository / "config").read_text().split("\nid = ")[1].split()[0]
    for folder in (".config/borg/security", ".cache/borg"):
        shutil.rmtree(Path.home() / folder / known, ignore_errors=True)


def test_a_real_borg_repository(borg_repository: Any, secret: Path) -> None:
    repository = borg_repository("repokey")
    seen = live(entry("borg", repository, password_file=str(secret)))
    assert isinstance(seen, Seen)
    (point,) = seen["recovery_points"]["items"]
    assert (point["id"], point["encrypted"]) == ("borg:n", True)
    failure = live(entry("borg", repository))
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.PERMISSION_DENIED


def test_borg_is_not_talked_into_a_repository_that_it_asks_about(
    borg_repository: Any, secret: Path
) -> None:
    repository = borg_repository("authenticated")
    failure = live(entry("borg", repository, password_file=str(secret)))
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.NOT_SUPPORTED


@pytest.mark.parametrize(
    ("text", "place", "storage"),
    [
        ("/backup/x/", "host:web1:/backup/x", "disk"),
        ("sftp:me@nas:/backup", "host:nas:/backup", "disk"),
        ("sftp://me@nas:2222/backup", "host:nas:/backup", "disk"),
        ("ssh://me@nas:22/./borg", "host:nas:/borg", "disk"),
        ("me@nas:borg/vm", "host:nas:borg/vm", "disk"),
        ("[2001:db8::1]:/b", "host:2001:db8::1:/b", "disk"),
        ("nas::module/x", "host:nas:module/x", "disk"),
        ("rsync://nas/module", "host:nas:/module", "disk"),
        ("rest:https://backup.example:8000/vm", "rest:backup.example/vm", "other"),
        ("s3:s3.amazonaws.com/bucket/p", "s3:bucket/p", "s3"),
        ("s3:https://s3.eu-west-1.amazonaws.com/bucket", "aws:eu-west-1:bucket", "s3"),
        ("s3:http://minio:9000/bucket", "s3:minio:9000/bucket", "other"),
        (
            "s3:https://s3.amazonaws.com.example/bucket",
            "s3:s3.amazonaws.com.example/bucket",
            "other",
        ),
        ("s3://bucket/prefix/", "s3:bucket/prefix", "s3"),
        ("gs://bucket/prefix", "gs:bucket/prefix", "gcs"),
        ("gs:bucket:/prefix", "gs:bucket/prefix", "gcs"),
        ("b2:bucket:vm", "b2:bucket/vm", "other"),
    ],
)
def test_where_a_copy_goes(text: str, place: str, storage: str) -> None:
    assert destinations.of(text, "web1") == (place, storage)


@pytest.mark.parametrize("text", ["", "$HOST:/x", "`id`:/x", "relative", "s3:", "@:/x", "://"])
def test_what_leads_nowhere_that_can_be_told(text: str) -> None:
    assert destinations.of(text, "web1") is None


REMOTES = {
    "aws": {"type": "s3", "provider": "AWS", "region": "eu-west-1"},
    "minio": {"type": "s3", "provider": "Minio", "endpoint": "https://minio.example"},
    "gcs": {"type": "google cloud storage"},
    "nas": {"type": "sftp", "host": "nas.example"},
    "drive": {"type": "drive"},
    "nobody": {"type": "s3", "provider": "Wasabi"},
    "secret": {"type": "crypt", "remote": "aws:vault/x"},
    "loop": {"type": "alias", "remote": "loop:x"},
}


@pytest.mark.parametrize(
    ("text", "place", "storage"),
    [
        ("aws:bucket/x", "aws:eu-west-1:bucket/x", "s3"),
        ("minio:bucket", "s3:minio.example/bucket", "other"),
        ("gcs:bucket", "gs:bucket", "gcs"),
        ("nas:/b", "host:nas.example:/b", "disk"),
        ("drive:copies", "drive:copies", "other"),
        ("secret:", "aws:eu-west-1:vault/x", "s3"),
    ],
)
def test_remotes_of_rclone(text: str, place: str, storage: str) -> None:
    assert destinations.of(text, "web1", REMOTES) == (place, storage)


def test_a_remote_that_leads_to_itself_or_is_not_known() -> None:
    assert destinations.of("loop:", "web1", REMOTES) is None
    assert destinations.of("gone:x", "web1", REMOTES) is None
    assert destinations.of("nobody:x", "web1", REMOTES) is None


def test_nothing_of_an_empty_listing() -> None:
    assert repositories.chosen(Listing(()).copies, "*") == []
