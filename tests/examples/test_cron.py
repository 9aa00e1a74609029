"""cron's line, run as cron runs it: it is quiet or it tells, whatever becomes of its files."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.examples.estate import ENDS, EXAMPLES, furnish
from tests.house.tree import TROTH

CRONTAB = EXAMPLES / "nightly" / "crontab"
SHELLS = {"dash": ("dash",), "busybox": ("busybox", "sh"), "bash": ("bash", "--posix")}

each_shell = pytest.mark.parametrize("shell", SHELLS)


def _crontab() -> tuple[dict[str, str], str, str]:
    """Return the environment, the five fields of time, and the command of the only entry."""
    lines = CRONTAB.read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    pairs = [re.fullmatch(r"([A-Z_]+)=(.*)", line) for line in lines]
    (entry,) = [line for line, pair in zip(lines, pairs, strict=True) if not pair]
    fields = entry.split(maxsplit=5)
    return {pair[1]: pair[2] for pair in pairs if pair}, " ".join(fields[:5]), fields[5]


def _by_cron(
    root: Path, shell: str = "dash", troth: Path = TROTH.parent
) -> subprocess.CompletedProcess[str]:
    """Run the entry's command as cron does: its own few variables and ``sh -c``."""
    if not shutil.which(SHELLS[shell][0]):
        pytest.skip(f"needs {shell}")
    variables, _, command = _crontab()
    variables["PATH"] = variables["PATH"].replace("/opt/troth/bin", str(troth))
    variables["TROTH_CONFIG"] = f"{root}{variables['TROTH_CONFIG']}"
    command = re.sub(r"(?<![\w.-])(?=/(?:etc|var)/)", str(root), command)
    given = [f"{name}={value}" for name, value in variables.items()]
    argv = ["env", "-i", "HOME=/", "LOGNAME=troth", *given, *SHELLS[shell], "-c", command]
    # A file has a limit: a line that mailed what is read from /dev/full would never end.
    with (root / "mail").open("w+", encoding="utf-8") as mail:
        ran = subprocess.run(
            ["prlimit", f"--fsize={1 << 22}", *argv],
            cwd=root, stdout=mail, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
        mail.seek(0)
        ran.stdout = mail.read()
    return ran


def _estate(root: Path, state: str) -> Path:
    """Return the folder after writing what docs/nightly.md has one make below it."""
    (root / "var/lib/troth").mkdir(parents=True)
    furnish(root / "etc/troth", state, more=f"runs: {root}/var/lib/troth/runs\n")
    (root / "etc/troth/environment").touch(mode=0o600)
    return root


def _spy(root: Path, *lines: str) -> Path:
    """Write a troth that does something else; return its folder."""
    folder = root / "bin"
    folder.mkdir()
    (folder / "troth").write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    (folder / "troth").chmod(0o755)
    return folder


def test_the_entry_has_a_time_and_no_percent_sign() -> None:
    variables, when, command = _crontab()
    assert re.fullmatch(r"\d+ \d+ \* \* \*", when)
    assert "%" not in command  # cron takes it for the end of the line
    assert variables["SHELL"] == "/bin/sh"
    assert variables["MAILTO"]


@each_shell
def test_no_mail_is_sent_while_everything_is_kept(tmp_path: Path, shell: str) -> None:
    root = _estate(tmp_path, "kept")
    ran = _by_cron(root, shell)
    assert (ran.stdout, ran.stderr) == ("", "")
    kept = (root / "var/lib/troth/last.txt").read_text(encoding="utf-8")
    assert "shop" in kept
    assert kept.endswith("\ntroth ended with 0\n")


@each_shell
@pytest.mark.parametrize("state", ["broken", "unknown"])
def test_the_mail_says_what_troth_said(tmp_path: Path, state: str, shell: str) -> None:
    root = _estate(tmp_path, state)
    ran = _by_cron(root, shell)
    assert "deleted" in ran.stdout
    assert ran.stdout.endswith(f"\ntroth ended with {int(ENDS[state])}\n")
    assert (root / "var/lib/troth/last.txt").read_text(encoding="utf-8") == ran.stdout


@each_shell
def test_the_mail_is_whole_on_a_full_disk(tmp_path: Path, shell: str) -> None:
    """Nothing can be written to /dev/full; the run's own folder is elsewhere here."""
    root = _estate(tmp_path, "broken")
    (root / "var/lib/troth/last.txt").symlink_to("/dev/full")
    ran = _by_cron(root, shell)
    assert "deleted" in ran.stdout
    assert ran.stdout.endswith("\ntroth ended with 1\n")
    assert "No space left on device" in ran.stderr


def test_it_runs_where_last_txt_cannot_even_be_made(tmp_path: Path) -> None:
    root = _estate(tmp_path, "broken")
    (root / "var/lib/troth/last.txt").mkdir()
    ran = _by_cron(root)
    assert ran.stdout.endswith("\ntroth ended with 1\n")
    assert "last.txt" in ran.stderr


def test_the_mail_says_an_error(tmp_path: Path) -> None:
    root = _estate(tmp_path, "kept")
    (root / "etc/troth/shop.yaml").write_text("schema: 1\n", encoding="utf-8")
    ran = _by_cron(root)
    assert "shop.yaml" in ran.stdout
    assert ran.stdout.endswith("\ntroth ended with 2\n")


def test_the_mail_says_that_there_is_no_troth(tmp_path: Path) -> None:
    ran = _by_cron(_estate(tmp_path, "kept"), troth=tmp_path)
    assert "not found" in ran.stdout
    assert ran.stdout.endswith("\ntroth ended with 127\n")


@pytest.mark.parametrize("code", [1, 3, 10, 70, 130, 143])
def test_only_exit_code_0_is_quiet_whatever_was_said(tmp_path: Path, code: int) -> None:
    troth = _spy(tmp_path, "echo 'troth ended with 0'", f"exit {code}")
    ran = _by_cron(_estate(tmp_path, "kept"), troth=troth)
    assert ran.stdout == f"troth ended with 0\ntroth ended with {code}\n"


def test_what_was_said_is_mailed_as_it_is(tmp_path: Path) -> None:
    said = r"a\tb \033[2J \c -n %s $HOME"
    troth = _spy(tmp_path, f"cat <<'EOF'\n{said}\n\nEOF", "exit 3")
    ran = _by_cron(_estate(tmp_path, "kept"), troth=troth)
    assert ran.stdout == f"{said}\n\ntroth ended with 3\n"


@each_shell
def test_the_secrets_are_handed_over(tmp_path: Path, shell: str) -> None:
    root = _estate(tmp_path, "kept")
    text = "TROTH_PING='https://ping.example.com/a b'\n"
    (root / "etc/troth/environment").write_text(text, encoding="utf-8")
    assert CRONTAB.read_text(encoding="utf-8").count("/opt/troth/bin") == 1
    ran = _by_cron(root, shell, troth=_spy(root, 'echo "$TROTH_PING" >"$0.told"'))
    assert (ran.stdout, ran.stderr) == ("", "")
    assert (root / "bin/troth.told").read_text() == "https://ping.example.com/a b\n"


@each_shell
def test_without_the_secrets_nothing_runs_and_that_is_mailed(tmp_path: Path, shell: str) -> None:
    root = _estate(tmp_path, "kept")
    (root / "etc/troth/environment").unlink()
    ran = _by_cron(root, shell)
    assert "etc/troth/environment" in ran.stdout + ran.stderr
    assert not (root / "var/lib/troth/runs").exists()


def test_the_mail_says_who_still_runs(tmp_path: Path) -> None:
    root = _estate(tmp_path, "kept")
    runs = root / "var/lib/troth/runs"
    runs.mkdir(mode=0o700)
    with (runs / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ran = _by_cron(root)
    assert "lock" in ran.stdout
    assert ran.stdout.endswith("\ntroth ended with 2\n")
    assert not [path for path in runs.iterdir() if path.is_dir()]
