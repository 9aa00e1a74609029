"""Sessions at a machine's own screens (answers written from loginctl's and who's documentation)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.checkers.host.machines import Tree
from tests.checkers.host.refusing import refusing
from troth.checkers.host import console_sessions as screens
from troth.checkers.host.commands import NotInstalled, Ran
from troth.checkers.host.machine import Machine
from troth.model import Failure, Reason

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LIST = "     3 1000 alice seat0 tty1\n    c1   42 gdm   seat0 tty2\n     7    0 root        pts/0\n"
SHOWN = {
    "3": "Name=alice\nType=tty\nClass=user\nState=active\nRemote=no\nTTY=tty1\nIdleHint=yes\n"
    "IdleSinceHint=1795219200000000\nLockedHint=no\n",
    "c1": "Name=gdm\nType=wayland\nClass=greeter\nState=online\nRemote=no\nTTY=tty2\nIdleHint=yes\n"
    "IdleSinceHint=1795219200000000\nLockedHint=no\n",
    "7": "Name=root\nType=tty\nClass=user\nState=active\nRemote=yes\nTTY=pts/0\nIdleHint=yes\n"
    "IdleSinceHint=1795219200000000\nLockedHint=no\n",
}
WHO = """\
root     - tty1         2026-11-20 10:41 00:16        812
bob      + tty2         2026-11-20 10:41   .          813
eve      ? :0           2026-11-20 10:41   old        900 (:0)
alice    - pts/0        2026-11-20 10:41 05:00       1412 (192.0.2.7)
"""


class Running(Machine):
    """The machine with prepared answers."""

    answers: Any = None

    def run(self, name: str, *arguments: str) -> Ran:
        """Return what was prepared."""
        answer = self.answers(name, *arguments)
        if answer is None:
            raise NotInstalled(name)
        return answer if isinstance(answer, Ran) else Ran(0, answer, "")


def sessions(tree: Tree, answers: Any) -> Any:
    tree.write("/etc/passwd", "root:x:0:0::/root:/bin/bash\n")
    tree.write("/run/utmp", "")
    running = type("Prepared", (Running,), {"answers": staticmethod(answers)})
    return tree.only(running)["console_sessions"]


def loginctl(listed: str = LIST, **changed: str) -> Any:
    def answer(name: str, *arguments: str) -> Any:
        if name != "loginctl":
            return None
        if arguments[0] == "list-sessions":
            return listed
        return changed.get(f"s{arguments[1]}", SHOWN.get(arguments[1], ""))

    return answer


def test_whoever_sits_at_a_screen_is_listed(tree: Tree) -> None:
    wanted = {"place": "tty1", "idle_since": "2026-11-21T00:00:00+00:00"}
    assert sessions(tree, loginctl()) == {"unlocked": {"items": [wanted], "complete": True}}


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ("LockedHint=no", "LockedHint=yes", []),
        ("Remote=no", "Remote=yes", []),
        ("State=active", "State=closing", []),
        ("Class=user", "Class=user-early", ["2026-11-21T00:00:00+00:00"]),
        ("IdleHint=yes", "IdleHint=no", [None]),
    ],
)
def test_locked_ones_and_remote_ones_are_not(
    tree: Tree, old: str, new: str, left: list[Any]
) -> None:
    seen = sessions(tree, loginctl(s3=SHOWN["3"].replace(old, new)))
    assert [one["idle_since"] for one in seen["unlocked"]["items"]] == left


@pytest.mark.parametrize(
    "shown",
    ["", "Name=x\n", SHOWN["3"].replace("1795219200000000", "soon"),
     SHOWN["3"].replace("1795219200000000", "0"), SHOWN["3"].replace("17952", "9" * 30),
     "\x1b[2J\x00" * 50],
)  # fmt: skip
def test_an_answer_that_is_none_is_malformed(tree: Tree, shown: str) -> None:
    seen = sessions(tree, loginctl(s3=shown))
    assert isinstance(seen, Failure)
    assert seen.reason == Reason.MALFORMED_RESPONSE


def test_a_list_of_something_else_is_malformed(tree: Tree) -> None:
    seen = sessions(tree, loginctl("$(reboot) 0 root\n"))
    assert isinstance(seen, Failure)
    assert seen.reason == Reason.MALFORMED_RESPONSE


def test_a_session_that_ended_meanwhile_is_left_out(tree: Tree) -> None:
    gone = Ran(1, "", "Failed to get session: No session '3' known\n")
    seen = sessions(tree, loginctl(s3=gone))  # type: ignore[arg-type]
    assert seen == {"unlocked": {"items": [], "complete": True}}


def test_without_a_login_manager_who_tells(tree: Tree) -> None:
    seen = sessions(tree, lambda name, *more: WHO if name == "who" else None)
    found = {one["place"]: one["idle_since"] for one in seen["unlocked"]["items"]}
    assert set(found) == {"tty1", "tty2", ":0"}
    assert found["tty2"] is None
    waited = datetime.now(UTC) - datetime.fromisoformat(str(found["tty1"]))
    assert timedelta(minutes=15) < waited < timedelta(minutes=17)
    (tree.root / "run/utmp").unlink()


def test_where_nobody_writes_sessions_down_who_tells_nothing(tree: Tree) -> None:
    tree.write("/etc/passwd", "")
    prepared = staticmethod(lambda name, *more: "" if name == "who" else Ran(1, "", "no bus"))
    seen = tree.only(type("Prepared", (Running,), {"answers": prepared}))["console_sessions"]
    assert isinstance(seen, Failure)
    assert seen.reason == Reason.NOT_SUPPORTED


def test_old_is_a_day() -> None:
    assert screens.of_who("eve ? tty3 2026-11-01 10:41 old 9\n", NOW)[
        0
    ].idle_since == NOW - timedelta(days=1)


def lock(tree: Tree) -> Any:
    tree.write("/etc/passwd", "root:x:0:0::/root:/bin/bash\n")
    return tree.only(Machine)["console_lock"]


def test_a_text_console_is_left_as_its_shell_is(tree: Tree) -> None:
    assert lock(tree) == {"text_seconds": None, "desktop": "none", "desktop_seconds": None}
    tree.write("/etc/profile.d/idle.sh", "readonly TMOUT=600\n")
    assert lock(tree) == {"text_seconds": 600, "desktop": "none", "desktop_seconds": None}


def test_a_lock_action_locks_no_text_console(tree: Tree) -> None:
    tree.write("/etc/systemd/logind.conf", "[Login]\nIdleAction=lock\nIdleActionSec=5min\n")
    assert lock(tree)["text_seconds"] is None


KEYS = """\
[org/gnome/desktop/session]
idle-delay=uint32 600
[org/gnome/desktop/screensaver]
lock-enabled=true
lock-delay=uint32 60
"""
FIXED = "/org/gnome/desktop/session/idle-delay\n/org/gnome/desktop/screensaver/lock-enabled\n"


@pytest.mark.parametrize(
    ("keys", "fixed", "seconds"),
    [
        (KEYS, FIXED, 660),
        (KEYS.replace("=true", "=false"), FIXED, None),
        (KEYS.replace("600", "0"), FIXED, None),
        (KEYS, "", None),
        (KEYS, FIXED.partition("\n")[0], None),
        ("", FIXED, None),
    ],
)
def test_a_desktop_locks_where_nobody_can_turn_it_off(
    tree: Tree, keys: str, fixed: str, seconds: int | None
) -> None:
    tree.write("/usr/share/wayland-sessions/gnome.desktop", "")
    tree.write("/etc/dconf/db/local.d/00-lock", keys)
    tree.write("/etc/dconf/db/local.d/locks/session", fixed)
    seen = lock(tree)
    assert (seen["desktop"], seen["desktop_seconds"]) == ("present", seconds)


def test_another_desktop_is_not_read(tree: Tree) -> None:
    tree.write("/usr/share/xsessions/plasma.desktop", "")
    assert lock(tree).missing["desktop_seconds"].reason == Reason.NOT_SUPPORTED


@pytest.mark.parametrize("name", ["desktops", "desktop_settings", "shell_files"])
def test_what_may_not_be_read_is_named(tree: Tree, name: str) -> None:
    tree.write("/etc/passwd", "")
    seen = tree.only(refusing(Machine, name))["console_lock"]
    assert isinstance(seen, Failure)
    assert seen.permission == Machine.calls()[name].actions[0]
