"""Who is confined by FTP servers; configurations written here after vsftpd.conf(5) and ProFTPD."""

from __future__ import annotations

import pytest

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host import confinement
from troth.checkers.host.file_server import FileServers
from troth.model import Reason

LOCAL = "local_enable=YES\n"


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("", "everyone"),
        ("anonymous_enable=YES\n", "everyone"),
        (LOCAL, "nobody"),
        ("guest_enable=YES\n", "nobody"),
        (LOCAL + "chroot_local_user=YES\n", "everyone"),
        (LOCAL + "chroot_local_user=YES\nchroot_local_user=NO\n", "nobody"),
        (LOCAL + "#chroot_local_user=YES\n", "nobody"),
        (LOCAL + "chroot_local_user=yes\n", "everyone"),
        (LOCAL + "chroot_local_user=YES\nchroot_list_enable=YES\n", "some"),
        (LOCAL + "chroot_list_enable=YES\n", "some"),
        (LOCAL + "chroot_local_user=YES\nuser_config_dir=/etc/vsftpd/users\n", ""),
    ],
)
def test_vsftpd(text: str, who: str) -> None:
    assert confinement.of_vsftpd(text) == who


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("", "nobody"),
        ("# DefaultRoot ~\n", "nobody"),
        ("DefaultRoot ~\n", "everyone"),
        ("  defaultroot /srv/%u # each\n", "everyone"),
        ("DefaultRoot /\n", "nobody"),
        ("DefaultRoot ~ !staff\n", "some"),
        ("DefaultRoot ~\nDefaultRoot / staff\n", "some"),
        ("DefaultRoot ~\n<VirtualHost a>\n</VirtualHost>\n", "some"),
        ("<Global>\nDefaultRoot ~\n</Global>\n<VirtualHost a>\n</VirtualHost>\n", "everyone"),
    ],
)
def test_proftpd(text: str, who: str) -> None:
    assert confinement.of_proftpd(text) == who


def test_a_machine_with_both(tree: Tree) -> None:
    tree.write("/etc/vsftpd/vsftpd.conf", LOCAL)
    tree.write("/etc/proftpd/proftpd.conf", "Include conf.d\n")
    tree.write("/etc/proftpd/conf.d/own.conf", "DefaultRoot ~\n")
    _, found = tree.look(FileServers)
    assert {name: seen["confinement"]["confined"]["items"] for name, seen in found.items()} == {
        "host:web1:file-server:proftpd": [{"program": "proftpd", "who": "everyone"}],
        "host:web1:file-server:vsftpd": [{"program": "vsftpd", "who": "nobody"}],
    }


def test_settings_of_each_user_are_not_read(tree: Tree) -> None:
    tree.write("/etc/vsftpd.conf", LOCAL + "user_config_dir=/etc/vsftpd/users\n")
    seen = tree.only(FileServers)["confinement"]
    assert seen["confined"] == {"items": []}
    assert seen.missing["confined"].reason == Reason.NOT_SUPPORTED


def test_a_machine_without_an_ftp_server(tree: Tree) -> None:
    assert tree.look(FileServers) == ([], {})


def test_this_machine_can_be_asked() -> None:
    _, found = seen_of(FileServers, {"id": "h", "type": "host", "name": "here"})
    assert all("confined" in facets["confinement"] for facets in found.values())
