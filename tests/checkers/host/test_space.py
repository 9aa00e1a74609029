"""Space and quotas. df and lsblk of Debian 12 were run for their texts, which are shortened.

What repquota and xfs_quota print was written from their manuals.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkers.driver import Seen
from tests.checkers.host.machines import Tree, seen_of
from troth.checker import ObservationFailed
from troth.checkers.host import quotas
from troth.checkers.host.commands import Ran
from troth.checkers.host.space import Spaces
from troth.model import Failure, Reason

DF = """Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/vda1        102638596 45012345  57609867      44% /srv/my data
"""
REPQUOTA = """*** Report for user quotas on device /dev/vda1
Block grace time: 7days; Inode grace time: 7days
                        Block limits                File limits
User            used    soft    hard  grace    used  soft  hard  grace
----------------------------------------------------------------------
root      --      20       0       0              2     0     0
c-7       --    4000 14648437 14648438             10     0     0
c-8       +-  900000  800000       0  6days       10     0     0
#1005     --       4       0  500000              1     0     0

"""
XFS = """c-7              4000   14648437   14648438     00 [--------]
root                0          0          0     00 [--------]

"""
MOUNTS = "36 35 254:1 / {} rw,noatime shared:1 - {} /dev/vda1 rw,{}\n"


def test_what_df_says() -> None:
    assert quotas.df(DF) == (102638596 * 1024, 57609867 * 1024, "/srv/my data")
    assert quotas.df(DF.replace("57609867", "-5")).free == 0


@pytest.mark.parametrize("text", ["", "head\n", DF + DF.splitlines()[1], "head\n\x1b[2J 1 2 3"])
def test_what_is_no_answer_of_df(text: str) -> None:
    with pytest.raises(ObservationFailed):
        quotas.df(text)


def test_sizes_of_devices() -> None:
    assert quotas.sizes("254:0 137438953472\n254:1 1\n7:0 \n8:0 x\n") == {
        "254:0": 137438953472,
        "254:1": 1,
    }


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ("usrquota", True),
        ("errors=remount-ro,quota", True),
        ("usrjquota=aquota.user,jqfmt=vfsv1", True),
        ("prjquota", True),
        ("noquota", False),
        ("grpquota", False),
        ("relatime", False),
    ],
)
def test_whether_quotas_are_in_force(options: str, wanted: bool) -> None:
    table = MOUNTS.format("/srv", "ext4", options)
    assert quotas.in_force(table, "/srv") is wanted
    assert quotas.in_force(table, "/") is False


def test_the_lower_limit_holds() -> None:
    found = {one["account"]: one["limit_bytes"] for one in quotas.repquota(REPQUOTA)}
    assert found == {
        "root": None,
        "c-7": 14648437 * 1024,
        "c-8": 800000 * 1024,
        "#1005": 500000 * 1024,
    }
    assert {one["account"]: one["used_bytes"] for one in quotas.repquota(REPQUOTA)}["c-8"] == (
        900000 * 1024
    )
    assert [one["limit_bytes"] for one in quotas.xfs(XFS)] == [14648437 * 1024, None]
    with pytest.raises(ObservationFailed):
        quotas.repquota("")


class Planned(Spaces):
    """A machine whose commands answer as planned."""

    answers: dict[str, Ran | Exception]

    def run(self, name: str, *arguments: str) -> Ran:
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer


def look(tree: Tree, options: str, form: str = "ext4", **answers: Any) -> dict[str, Any]:
    tree.write("/proc/self/mountinfo", MOUNTS.format("/srv/my\\040data", form, options))
    known = {"df": Ran(0, DF, ""), "lsblk": Ran(0, "254:1 107374182400\n", "")} | answers
    checker = type("P", (Planned,), {"answers": known})
    return dict(tree.only(checker, data_paths=["/srv/my data"]))


def test_a_file_system_with_quotas(tree: Tree) -> None:
    seen = look(tree, "usrquota", repquota=Ran(0, REPQUOTA, ""))
    assert seen["space"] == {
        "size_bytes": 102638596 * 1024,
        "free_bytes": 57609867 * 1024,
        "disk_bytes": 107374182400,
    }
    assert len(seen["quotas"]["limits"]["items"]) == 4
    assert seen["quotas"]["limits"]["complete"] is True
    assert len(look(tree, "usrquota", "xfs", xfs_quota=Ran(0, XFS, ""))["quotas"]["limits"]) == 2


def test_without_quotas_nobody_is_limited(tree: Tree) -> None:
    seen = look(tree, "relatime")
    assert seen["quotas"] == {"limits": {"items": [], "complete": True}}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Ran(1, "", "repquota: Operation not permitted"), Reason.PERMISSION_DENIED),
        (Ran(1, "", "repquota: no quotas"), Reason.NO_DATA),
        (Ran(0, "", ""), Reason.MALFORMED_RESPONSE),
    ],
)
def test_quotas_that_cannot_be_read(tree: Tree, answer: Ran, reason: Reason) -> None:
    failure = look(tree, "usrquota", repquota=answer)["quotas"]
    assert isinstance(failure, Failure)
    assert failure.reason == reason


def test_a_disk_that_cannot_be_seen(tree: Tree) -> None:
    seen = look(tree, "relatime", lsblk=Ran(0, "8:0 5\n", ""))["space"]
    assert seen.missing["disk_bytes"].reason == Reason.NOT_SUPPORTED
    gone = look(tree, "relatime", df=Ran(1, "", "no such file"))
    assert isinstance(gone["space"], Failure)


def test_this_machine_over_the_collector() -> None:
    _, found = seen_of(Spaces, {"id": "h", "type": "host", "name": "web1"})
    seen = found["host:web1:/"]["space"]
    assert isinstance(seen, Seen)
    assert seen["size_bytes"] > seen["free_bytes"] > 0
