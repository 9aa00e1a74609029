"""Block devices. The texts of lsblk, dmsetup and mountinfo here were written by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.checkers.driver import Seen
from tests.checkers.host.machines import Tree, seen_of
from troth.catalogue.kinds import load_kind
from troth.checker import Facts, ObservationFailed, Resource
from troth.checkers.host import blockdev
from troth.checkers.host.volume import Volumes
from troth.model import Failure, Reason


def node(name: str, device: str, kind: str, *children: dict[str, Any]) -> dict[str, Any]:
    made = {"name": name, "kname": name, "path": f"/dev/{name}", "type": kind, "maj:min": device}
    return made | ({"children": list(children)} if children else {})


def table(*lines: tuple[str, str, str, str]) -> str:
    rows = [f"36 35 {d} / {point} rw shared:1 - {form} {src} rw" for d, point, form, src in lines]
    return "\n".join(rows) + "\n"


MOUNTS = table(
    ("0:22", "/proc", "proc", "proc"),
    ("8:1", "/", "ext4", "/dev/sda1"),
    ("8:2", "/boot", "ext4", "/dev/sda2"),
    ("253:0", "/var/lib/my\\040data", "xfs", "/dev/mapper/data"),
    ("0:50", "/mnt/share", "nfs4", "nas:/vol"),
)
XTS_512 = f"data: 0 41943040 crypt aes-xts-plain64 {'0' * 128} 0 8:3 32768\n"


def look(
    lsblk: list[dict[str, Any]], dmsetup: str = "", *, refused: bool = False, **target: Any
) -> dict[str, Any]:
    """Compute every facet from planned answers of the calls; facts must satisfy the kind."""
    answers = {
        ("machine_name",): "web1",
        ("mount_table",): target.pop("mounts", MOUNTS),
        ("block_devices",): json.dumps({"blockdevices": lsblk}),
        ("crypt_table",): {"out": dmsetup, "refused": refused},
        ("maker",): target.pop("maker", "Dell Inc."),
        ("swap_table",): target.pop("swaps", ""),
        ("zfs_properties",): target.pop("zfs", ""),
        ("fscrypt_states",): target.pop("fscrypt", {}),
        ("shares",): {"exports": target.pop("exports", ""), "samba": target.pop("samba", False)},
    }
    partition = next(Volumes.partitions({"id": "h"}))
    given = {"id": "h", "name": "web1"} | target
    checker = Volumes(given, partition, lambda _, name: answers[(name,)], {})
    found: dict[str, Any] = {}
    for row in checker.resources():
        assert isinstance(row, Resource)
        found[row.name] = {name: _facet(checker, name, row, answers) for name in Volumes.facets()}
    return found


def _facet(checker: Volumes, name: str, row: Resource, answers: dict[Any, Any]) -> Any:
    declared = Volumes.facets()[name]
    try:
        made = declared.function(checker, row, *(answers[(used,)] for used in declared.uses))
    except ObservationFailed as error:
        return error.failure
    facts = made if isinstance(made, Facts) else Facts(made)
    assert load_kind("data-store").validate(name, facts.values, facts.missing) == []
    return facts


DATA = "/var/lib/my data"
DISK = node("sda", "8:0", "disk", node("sda1", "8:1", "part"))
CRYPT = node("sdb", "8:16", "disk", node("data", "253:0", "crypt"))


def test_mounts_that_hold_data_are_listed() -> None:
    assert sorted(look([DISK, CRYPT])) == ["/", "/mnt/share", DATA]
    assert sorted(look([DISK, CRYPT], data_paths=["/var/lib/my data/db", "/var/x"])) == ["/", DATA]


@pytest.mark.parametrize(
    ("cipher", "key", "algorithm", "bits"),
    [
        ("aes-xts-plain64", "0" * 128, "AES", 256),
        ("aes-xts-plain64", "0" * 64, "AES", 128),
        ("aes-cbc-essiv:sha256", "0" * 64, "AES", 256),
        ("aes-xts-plain64", ":64:logon:cryptsetup:uuid-d0", "AES", 256),
        ("aes-xts-plain64", ":32:logon:cryptsetup:uuid-d0", "AES", 128),
        ("capi:xts(aes)-plain64", "0" * 128, "AES", 256),
        ("serpent-xts-plain64", "0" * 128, "other", 256),
        ("xchacha12,aes-adiantum-plain64", "0" * 64, "other", 256),
    ],
)
def test_xts_splits_its_key_in_two(cipher: str, key: str, algorithm: str, bits: int) -> None:
    line = f"data: 0 41943040 crypt {cipher} {key} 0 8:3 32768\n"
    assert blockdev.crypt_layers(line) == {"data": blockdev.Layer(algorithm, bits)}


def test_a_crypt_layer_encrypts_the_volume() -> None:
    assert look([DISK, CRYPT], XTS_512)[DATA]["encryption"].values == {
        "state": "encrypted",
        "algorithm": "AES",
        "key_bits": 256,
        "layer": "volume",
        "key_owner": "customer",
    }


def test_a_plain_disk_is_not_encrypted_by_the_host() -> None:
    seen = look([DISK, CRYPT], XTS_512)["/"]["encryption"].values
    assert (seen["state"], seen["algorithm"], seen["key_bits"]) == ("unencrypted", "none", 0)


def test_one_plain_leg_of_a_mirror_is_enough_to_lose_it() -> None:
    raid = node("data", "253:0", "raid1")
    closed = node("sdb", "8:16", "disk", node("luks", "253:1", "crypt", raid))
    half = [DISK, closed, node("sdc", "8:32", "disk", raid)]
    line = XTS_512.replace("data:", "luks:")
    assert look(half, line)[DATA]["encryption"].values["state"] == "unencrypted"
    assert look([DISK, closed], line)[DATA]["encryption"].values["state"] == "encrypted"


def test_the_weakest_leg_decides_the_strength() -> None:
    raid = node("data", "253:0", "raid1")
    legs = [
        node(f"sd{n}", f"8:{i}", "disk", node(f"luks{n}", f"253:{i}", "crypt", raid))
        for i, n in ((1, "b"), (2, "c"))
    ]
    lines = XTS_512.replace("data:", "luksb:") + XTS_512.replace("data:", "luksc:").replace(
        "0" * 128, "0" * 64
    )
    assert look(legs, lines)[DATA]["encryption"].values["key_bits"] == 128


def test_dmsetup_needs_root_and_says_so() -> None:
    failure = look([DISK, CRYPT], refused=True)[DATA]["encryption"]
    assert (failure.reason, failure.permission) == (
        Reason.PERMISSION_DENIED,
        "run dmsetup table (root)",
    )


def test_a_device_that_cannot_be_seen_is_not_called_plain() -> None:
    for mounts in (table(("0:50", "/", "overlay", "overlay")), table(("0:9", "/", "zfs", "p/d"))):
        failure = look([DISK], mounts=mounts)["/"]["encryption"]
        assert failure.reason == Reason.NOT_SUPPORTED
    assert look([DISK, CRYPT])["/mnt/share"]["encryption"].reason == Reason.NOT_SUPPORTED
    assert look([DISK, CRYPT])["/mnt/share"]["transport"].reason == Reason.NOT_SUPPORTED


def test_the_providers_encryption_counts_if_it_is_asserted() -> None:
    seen = look([DISK], provider_encrypted=True)["/"]["encryption"]
    assert (seen.values["state"], seen.values["layer"]) == ("encrypted", "provider")
    assert set(seen.missing) == {"algorithm", "key_bits"}
    said = {"algorithm": "AES", "key_bits": 256}
    seen = look([DISK], provider_encrypted=said)["/"]["encryption"]
    assert seen.values["key_bits"] == 256
    assert seen.raw["asserted"] is True


def test_a_clouds_machine_cannot_see_the_providers_layer() -> None:
    assert look([DISK], maker="Amazon EC2")["/"]["encryption"].reason == Reason.NOT_SUPPORTED
    seen = look([DISK], maker="Amazon EC2", provider_encrypted=False)["/"]["encryption"]
    assert seen.values["state"] == "unencrypted"


def test_an_answer_without_its_parts_is_malformed() -> None:
    mount = blockdev.Mount("8:1", "/", "ext4", "/dev/sda1")
    for printed in ("", "{}", '{"blockdevices": [{"name": "sda"}]}', '{"blockdevices": 1}'):
        with pytest.raises(Exception, match="lacks parts"):
            blockdev.parents(printed, mount)


@pytest.mark.parametrize(
    ("exports", "public"),
    [
        ("/var/lib *(ro)\n", True),
        ('"/var/lib/my" 192.0.2.0/24(rw) (ro)\n', False),
        ("/ (ro)\n", True),
        ("/var/lib/my\\040data 192.0.2.0/24(rw)\n", False),
        ("/srv\n", False),
        ("# /var/lib *(rw)\n", False),
    ],
)
def test_an_export_to_anyone_opens_the_volume(exports: str, public: bool) -> None:
    seen = look([DISK, CRYPT], exports=exports, data_paths=[DATA])[DATA]["exposure"]
    assert seen.values["public"] is public


def test_samba_shares_are_not_read_so_nothing_is_promised() -> None:
    seen = look([DISK], samba=True)["/"]["exposure"]
    assert set(seen.missing) == {"public"}


POOL = table(("0:9", "/", "zfs", "tank/root"), ("0:10", "/srv", "zfs", "tank/srv"))
MEMBER = node("sda2", "8:2", "part") | {"fstype": "zfs_member"}
#: Written from zfsprops(7), as zfs get -H prints it.
ZFS = "tank\toff\ntank/root\toff\ntank/srv\taes-256-gcm\n"


def test_zfs_encrypts_by_itself() -> None:
    found = look([node("sda", "8:0", "disk", MEMBER)], mounts=POOL, zfs=ZFS)
    assert found["/srv"]["encryption"].values == {
        "state": "encrypted",
        "algorithm": "AES",
        "key_bits": 256,
        "layer": "file",
        "key_owner": "customer",
    }
    assert found["/"]["encryption"].values["state"] == "unencrypted"
    short = look([DISK], mounts=POOL, zfs=ZFS.replace("256-gcm", "128-ccm"))
    assert short["/srv"]["encryption"].values["key_bits"] == 128


def test_a_pool_on_crypt_devices_is_encrypted_below() -> None:
    member = node("data", "253:0", "crypt") | {"fstype": "zfs_member"}
    closed = node("sdb", "8:16", "disk", member)
    seen = look([closed], XTS_512, mounts=POOL, zfs=ZFS)["/"]["encryption"]
    assert (seen.values["key_bits"], seen.values["layer"]) == (256, "volume")
    mixed = look([closed, node("sda", "8:0", "disk", MEMBER)], XTS_512, mounts=POOL, zfs=ZFS)
    assert mixed["/"]["encryption"].reason == Reason.NOT_SUPPORTED


@pytest.mark.parametrize("said", ["", "tank/other\ton\n", "tank/root\trot13\n", "tank/root"])
def test_zfs_that_does_not_say_is_unknown(said: str) -> None:
    found = look([node("sda", "8:0", "disk", MEMBER)], mounts=POOL, zfs=said)
    assert found["/"]["encryption"].reason == Reason.NOT_SUPPORTED


#: Written from fscrypt(1).
FSCRYPT = """"/srv/data" is encrypted with fscrypt.

Policy:   16382f282d7b29ee27e6460151d03382
Options:  padding:32  contents:AES_256_XTS  filenames:AES_256_CTS  policy_version:2
Unlocked: Yes
"""


def test_fscrypt_encrypts_the_data_paths() -> None:
    seen = look([DISK], fscrypt={"/srv/data": FSCRYPT})["/"]["encryption"].values
    assert (seen["state"], seen["algorithm"], seen["key_bits"], seen["layer"]) == (
        "encrypted",
        "AES",
        256,
        "file",
    )
    weak = FSCRYPT.replace("AES_256_XTS", "AES_128_CBC")
    seen = look([DISK], fscrypt={"/a": FSCRYPT, "/b": weak})["/"]["encryption"].values
    assert seen["key_bits"] == 128
    one = look([DISK], fscrypt={"/a": FSCRYPT, "/b": ""})["/"]["encryption"].values
    assert one["state"] == "unencrypted"
    vague = look([DISK], fscrypt={"/a": FSCRYPT.replace("AES_256_XTS", "X")})["/"]["encryption"]
    assert vague.values["state"] == "encrypted"
    assert set(vague.missing) == {"algorithm", "key_bits"}


SWAPS = """Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
/dev/sda1                               partition\t999420\t\t0\t\t-2
/dev/zram0                              partition\t999420\t\t0\t\t100
/var/swap                               file\t\t999420\t\t0\t\t-3
"""


def test_swap_is_looked_at_too() -> None:
    found = look([DISK, CRYPT], XTS_512, swaps=SWAPS)
    assert sorted(found) == ["/", "/dev/sda1", "/mnt/share", DATA]
    swap = found["/dev/sda1"]
    assert swap["encryption"].values["state"] == "unencrypted"
    assert swap["nature"].values == {"form": "scratch", "created_at": None}
    assert swap["transport"].values == {"plaintext": "not-reachable"}
    other = look([DISK, CRYPT], XTS_512, swaps=SWAPS.replace("sda1", "data"))
    assert other["/dev/data"]["encryption"].values["key_bits"] == 256


def test_a_file_tree_has_no_devices(tree: Tree) -> None:
    tree.write("/proc/self/mountinfo", MOUNTS)
    _, found = tree.look(Volumes, data_paths=["/"])
    failure = found["host:web1:/"]["encryption"]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.NOT_SUPPORTED


def test_the_real_machine_has_a_root() -> None:
    _, found = seen_of(Volumes, {"id": "h", "name": "here", "data_paths": ["/"]})
    assert not isinstance(found["host:here:/"]["nature"], Failure)
    assert isinstance(found["host:here:/"]["location"], Seen)
