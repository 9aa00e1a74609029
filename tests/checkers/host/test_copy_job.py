"""Jobs that copy data away. Every text here was written by hand for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.driver import Seen
from tests.checkers.host.machines import Tree
from troth.checkers.host import copy_lines
from troth.checkers.host.copy_job import CopyJobs
from troth.checkers.host.copy_lines import Line, jobs
from troth.model import Reason

SECTIONS = Path(copy_lines.__file__).parent / "sections"


def made(*texts: str, path: str = "/etc/cron.d/x") -> list[tuple[str, str, str | None]]:
    lines = [Line(path, number, text) for number, text in enumerate(texts, 1)]
    found = jobs(lines, "web1")
    return [(job.tool, job.named, job.where.place if job.where else None) for job in found]


@pytest.mark.parametrize(
    ("text", "tool", "place"),
    [
        ("0 4 * * * root rsync -a -e ssh /srv/ me@nas:/b/ >/dev/null 2>&1", "rsync", "host:nas:/b"),
        ("rsync --delete /srv nas::module && echo done", "rsync", "host:nas:module"),
        ("/usr/bin/scp -q /srv/x me@nas:x;", "scp", "host:nas:x"),
        ("sftp -b /root/batch me@nas", "sftp", "host:nas:/"),
        ("tar c /srv | aws s3 cp - s3://b/x", "aws", "s3:b/x"),
        ("gsutil -m rsync -r /srv gs://b/x", "gsutil", "gs:b/x"),
        ("restic -r s3:s3.eu-west-1.amazonaws.com/b backup /srv", "restic", "aws:eu-west-1:b"),
        ("restic --repo=/b backup /srv", "restic", "host:web1:/b"),
        ("ExecStart=/usr/bin/borg create ssh://me@nas/./b::{now} /srv", "borg", "host:nas:/b"),
        ("Environment=RESTIC_REPOSITORY=sftp:nas:/b", "restic", "host:nas:/b"),
        ("export BORG_REPO='nas:b'", "borg", "host:nas:b"),
        ("rsync -a /srv $ELSEWHERE:/b", "rsync", None),
        ("rsync -a /srv \\", "rsync", None),
        ("rclone sync /srv gone:b", "rclone", None),
        ('rsync -a "/srv me@nas:/b', "rsync", "host:nas:/b"),
    ],
)
def test_a_line_that_copies(text: str, tool: str, place: str | None) -> None:
    assert [(one[0], one[2]) for one in made(text)] == [(tool, place)]


@pytest.mark.parametrize(
    "text",
    [
        "# rsync -a /srv nas:/b",
        "command -v rsync >/dev/null",
        "apt-get install rsync",
        'echo "rsync -a /srv nas:/b"',
        "borg prune -d 7 nas:b",
        "borg list nas:b::x",
        "rclone lsd remote: x",
        "aws ec2 describe-instances x",
        "restic version",
        "TARGET=nas:/b",
        "rsyncd is no rsync",
        "",
    ],
)
def test_a_line_that_copies_nothing(text: str) -> None:
    assert made(text) == []


def test_a_variable_that_the_file_sets_once() -> None:
    where = ("NAS=nas.example", 'DEST="me@$NAS:/b"', 'rsync -a /srv "${DEST}/srv"')
    assert made(*where) == [("rsync", "me@nas.example:/b/srv", "host:nas.example:/b/srv")]
    assert made("DEST=a:/b", "DEST=c:/d", "rsync -a /srv $DEST")[0][2] is None
    assert made("A=$A$A", "rsync -a /srv $A")[0][2] is None


def test_remotes_of_rclone_are_looked_up() -> None:
    lines = [
        Line("/root/.config/rclone/rclone.conf", 1, "[b2]"),
        Line("/root/.config/rclone/rclone.conf", 2, "type = s3"),
        Line("/root/.config/rclone/rclone.conf", 3, "provider = AWS"),
        Line("/root/.config/rclone/rclone.conf", 4, "region = eu-west-1"),
        Line("/etc/cron.d/x", 1, "rclone sync /srv b2:vault/x"),
    ]
    (job,) = jobs(lines, "web1")
    assert job.where == ("aws:eu-west-1:vault/x", "s3")


def test_repositories_of_pgbackrest() -> None:
    text = """[global]
repo1-path=/var/lib/pgbackrest
repo1-host=pg-backup
repo2-type=s3
repo2-s3-bucket=dumps
repo2-s3-endpoint=s3.eu-west-1.amazonaws.com
repo2-s3-key-secret=secret
repo2-path=/pg
repo3-type=azure
"""
    path = "/etc/pgbackrest/pgbackrest.conf"
    lines = copy_lines.matching(path, text)
    assert not any("secret=" in line.text for line in lines)
    assert [job.where[0] if job.where else None for job in jobs(lines, "web1")] == [
        "host:pg-backup:/var/lib/pgbackrest",
        "aws:eu-west-1:dumps/pg",
        None,
    ]


def look(tree: Tree, **options: Any) -> dict[str, Any]:
    _, found = tree.look(CopyJobs, **options)
    return {name.removeprefix("host:web1:copy:"): one["destination"] for name, one in found.items()}


def test_a_machine_with_jobs(tree: Tree) -> None:
    tree.write("/etc/cron.d/sync", "0 4 * * * root rsync -a /srv/ me@nas:/b/\n")
    tree.write("/usr/local/bin/backup.sh", "#!/bin/sh\nrsync -a /srv/ me@nas:/b/\n")
    tree.write("/usr/local/bin/deploy", "scp /srv/x web2:/srv/x\nrsync -a /srv $WHERE\n")
    found = look(tree)
    assert found["rsync:me@nas:/b/"] == {
        "tool": "rsync",
        "purpose": "backup",
        "place": "host:nas:/b",
        "storage": "disk",
        "leaves": True,
    }
    assert found["rsync:me@nas:/b/"].raw == {
        "named_in": ["/etc/cron.d/sync", "/usr/local/bin/backup.sh"]
    }
    assert found["scp:web2:/srv/x"]["purpose"] == "unknown"
    unknown = found["rsync:$WHERE"]
    assert unknown == {"tool": "rsync", "purpose": "unknown"}
    assert {why.reason for why in unknown.missing.values()} == {Reason.UNPROVEN}
    assert "/usr/local/bin/deploy:2" in unknown.missing["place"].message
    said = look(tree, not_backups=["host:web2:*"])
    assert said["scp:web2:/srv/x"]["purpose"] == "other"


def test_what_stays_on_the_machine_and_what_does_not(tree: Tree) -> None:
    tree.write("/etc/fstab", "nas:/vol /mnt/nas nfs4 defaults 0 0\n//win/b /mnt/win cifs x 0 0\n")
    tree.write(
        "/etc/crontab",
        "".join(
            f"0 4 * * * root rsync -a /srv {path}\n"
            for path in ("/b", "/mnt/nas/b", "/mnt/win/c", "/media/stick/b")
        ),
    )
    found = {one["place"]: one["leaves"] for one in look(tree).values()}
    assert found == {
        "host:web1:/b": False,
        "host:nas:/vol/b": True,
        "host:win:/b/c": True,
        "removable:web1:/media/stick/b": True,
    }


def test_a_machine_without_jobs(tree: Tree) -> None:
    listed, found = tree.look(CopyJobs)
    assert (listed, found) == ([], {})


def test_hostile_lines(tree: Tree) -> None:
    tree.write("/usr/local/bin/x", b"\xff\xfe rsync \x1b[2J \x00 nas:/b\n" + b"rsync " * 9000)
    tree.write("/etc/cron.d/x", "rsync -a / " + "a" * 100_000 + ":/b\n")
    assert all(isinstance(one, Seen) for one in look(tree).values())


def test_the_section_asks_what_the_call_asks() -> None:
    text = (SECTIONS / "copy_jobs.sh").read_text()
    assert f"'{copy_lines.PATTERN}' {' '.join(copy_lines.FOLDERS)}\n" in text


def test_grep_and_we_agree(tmp_path: Path) -> None:
    text = "rsync -a / nas:/b\nx=1\nDEST=a\n  scp a b\nmyrsync a b\n[x]\ntype = s3\nrestic\n"
    path = tmp_path / "x"
    path.write_text(text)
    for grep in (["grep"], ["busybox", "grep"]):
        if not shutil.which(grep[0]):
            continue
        command = [*grep, "-rnE", copy_lines.PATTERN, str(tmp_path), "/etc/not-there"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert copy_lines.grepped(ran.stdout) == (copy_lines.matching(str(path), text))


def test_this_machine_is_asked_with_grep() -> None:
    partition = next(CopyJobs.partitions({"id": "h"}))
    from troth.checkers.host.commands import Ran

    class Asked(CopyJobs):
        def run(self, name: str, *arguments: str) -> Ran:
            assert (name, arguments[0]) == ("grep", "-rnE")
            err = "grep: /etc/restic: No such file or directory\n"
            err += "grep: /var/spool/cron/crontabs: Permission denied\n"
            return Ran(2, "/etc/cron.d/x:3:rsync -a /srv nas:/b\nBinary file /x matches\n", err)

    answers: dict[str, Any] = {"machine_name": "web1"}
    checker = Asked({"id": "h"}, partition, lambda _, name: answers[name], {})
    answers["job_lines"] = read = checker.job_lines()
    assert read == {
        "lines": [Line("/etc/cron.d/x", 3, "rsync -a /srv nas:/b")],
        "refused": "/var/spool/cron/crontabs",
    }
    job, listed = checker.resources()
    assert job.id == "host:web1:copy:rsync:nas:/b"  # type: ignore[union-attr]
    failure = listed.failure  # type: ignore[union-attr]
    assert failure is not None
    assert failure.reason == Reason.PERMISSION_DENIED
    assert "/var/spool/cron/crontabs" in failure.message
    assert os.linesep
