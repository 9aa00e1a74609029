"""In what form passwords are kept (hashes of the words "not a password", made for these tests)."""

from __future__ import annotations

import pytest

from tests.checkers.host.machines import Tree
from tests.checkers.host.refusing import refusing
from troth.checkers.host import schemes
from troth.checkers.host.stored_password import StoredPasswords

PASSWD = "root:x:0:0::/root:/bin/sh\nalice:x:1:1::/:/bin/sh\nbob:x:2:2::/:/bin/sh\n"
SALT, HASH = "0123456789abcdef", "Zx" * 20


def machine(tree: Tree, field: str, passwd: str = PASSWD) -> None:
    tree.write("/etc/passwd", passwd)
    tree.write(
        "/etc/shadow", f"root:*:1:0:99999:7:::\nalice:{field}:20000:0:90:7:::\nbob:!:1::::::\n"
    )


@pytest.mark.parametrize(
    ("field", "state", "scheme", "cost"),
    [
        (f"$y$j9T${SALT}${HASH}", "set", "yescrypt", 12),
        (f"$gy$j9T${SALT}${HASH}", "set", "gost-yescrypt", 12),
        (f"$6${SALT}${HASH}", "set", "sha512-crypt", 5000),
        (f"$6$rounds=656000${SALT}${HASH}", "set", "sha512-crypt", 656000),
        ("$6$rounds=656000$", "set", "sha512-crypt", 656000),
        (f"$5$rounds=x${SALT}${HASH}", "set", "sha256-crypt", 0),
        (f"$2b$12${SALT}{HASH}", "set", "bcrypt", 12),
        ("$2y$10$", "set", "bcrypt", 10),
        (f"$7$CU..../....{SALT}${HASH}", "set", "scrypt", 14),
        (f"$sha1$40000${SALT}${HASH}", "set", "sha1-crypt", 40000),
        (f"$1${SALT[:8]}${HASH}", "set", "md5-crypt", 0),
        (f"$3$${HASH}", "set", "nt", 0),
        ("abJnggxhB/yWI", "set", "des", 0),
        ("des", "set", "des", 0),
        ("_J9..rasmBYk8r9AiWNc", "set", "des", 0),
        (f"!$y$j9T${SALT}${HASH}", "locked", "yescrypt", 12),
        ("", "empty", "none", 0),
        ("$argon2id$v=19$m=65536,t=3,p=4$" + SALT, "set", "argon2", 0),
        ("$9$strange", "set", "other", 0),
        ("set", "set", "other", 0),
        ("\x1b[2Jplain", "set", "other", 0),
        ("$y$", "set", "yescrypt", 0),
        ("$6$rounds=" + "9" * 30 + "$", "set", "sha512-crypt", 0),
    ],
)
def test_state_scheme_and_cost(tree: Tree, field: str, state: str, scheme: str, cost: int) -> None:
    machine(tree, field)
    wanted = {"login": "alice", "state": state, "scheme": scheme, "cost": cost}
    assert tree.only(StoredPasswords)["storage"] == wanted


@pytest.mark.parametrize("field", ["!", "*", "!!", "x"])
def test_a_field_that_opens_nothing_keeps_nothing(tree: Tree, field: str) -> None:
    machine(tree, field)
    assert tree.look(StoredPasswords) == ([], {})


def test_what_stands_in_passwd_goes_before(tree: Tree) -> None:
    machine(tree, f"$y$j9T${SALT}${HASH}", PASSWD.replace("alice:x", "alice:abJnggxhB/yWI"))
    assert tree.only(StoredPasswords)["storage"]["scheme"] == "des"


def test_neither_salt_nor_hash_is_kept(tree: Tree) -> None:
    machine(tree, f"$6$rounds=9000${SALT}${HASH}")
    assert SALT not in str(tree.look(StoredPasswords))
    assert HASH not in str(tree.look(StoredPasswords))
    assert SALT not in repr(schemes.of_file(f"alice:$6${SALT}${HASH}:1::::::\n"))


def test_a_shadow_file_that_may_not_be_read(tree: Tree) -> None:
    machine(tree, "x")
    listed, found = tree.look(refusing(StoredPasswords, "kept_passwords"))
    assert found == {}
    (one,) = listed
    assert one.failure is not None
    assert one.failure.permission == "read /etc/shadow (root or group shadow)"
