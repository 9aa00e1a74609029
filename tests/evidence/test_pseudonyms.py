"""Pseudonyms: equal for equal, nothing of what they stand for, and never another verdict."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.measures.populations import AS_OF, item, measured, population
from troth.catalogue.kinds import load_kind, shipped_folder
from troth.catalogue.schemas import schema
from troth.checker import Facts, Failure, ObservationFailed, Reason, Resource
from troth.cli import main
from troth.errors import Exit, InputError, UsageError
from troth.evidence.pseudonyms import PERSONS, WHAT, Pseudonyms, load

KEY = b"k" * 32
ALL = Pseudonyms(KEY, frozenset(WHAT))
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def by_hand(what: str, value: str) -> str:
    """Return the pseudonym as RFC 2104 gives it, written out: two hashes over padded keys."""
    inner = hashlib.sha256(bytes(k ^ 0x36 for k in KEY.ljust(64, b"\0")))
    inner.update(f"{what}\0{value}".encode())
    outer = hashlib.sha256(bytes(k ^ 0x5C for k in KEY.ljust(64, b"\0")) + inner.digest())
    return f"{what}-{outer.hexdigest()[:16].translate(LETTERS)}"


CHANGED = {
    "arn": ("arn:aws:iam::{}:user/x", "account", "123456789012"),
    "bucket": ("logs-{}-eu", "account", "123456789012"),
    "mail": ("asked {}, who knows", "person", "rin.o+x@mail.example.test"),
    "address": ("from {}:443", "ip", "203.0.113.7"),
    "endpoint": ("www.example.test:443:{}", "ip", "203.0.113.7"),
    "address-6": ("at {} now", "ip", "2001:db8::7"),
    "host-network": ("{}/32", "ip", "203.0.113.7"),
    "host-in-network": ("{}/24", "ip", "203.0.113.7"),
}
KEPT = {
    "network": "10.0.0.0/8", "anywhere": "0.0.0.0/0", "anywhere-6": "::/0", "loopback": "127.0.0.1",
    "loopback-6": "::1", "digits": "1234567890123", "digest": "ab123456789012ab" * 4,
    "instant": "2026-11-21T19:00:00+00:00", "arn": "arn:aws:s3:::bucket", "version": "v1.2.3.4",
    "handle": "@rin", "region": "aws:us-east-1", "fingerprint": "aa:bb:cc:dd:ee:ff",
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_a_pseudonym_is_the_hmac_and_stands_where_its_original_stood(name: str) -> None:
    around, what, value = CHANGED[name]
    assert ALL.text(around.format(value)) == around.format(by_hand(what, value))
    assert [found for _, found in ALL.find(around.format(value))] == [what]
    others = Pseudonyms(KEY, frozenset(WHAT) - {what})
    assert others.text(around.format(value)) == around.format(value)


@pytest.mark.parametrize("name", KEPT)
def test_what_says_nothing_about_anybody_stays(name: str) -> None:
    assert ALL.text(KEPT[name]) == KEPT[name]
    assert list(ALL.find(KEPT[name])) == []


def test_it_is_the_function_of_the_standard_library_too() -> None:
    made = hmac.digest(KEY, b"account\x00123456789012", "sha256").hex()[:16].translate(LETTERS)
    assert ALL.text("123456789012") == f"account-{made}"


def test_another_key_gives_others_and_a_pseudonym_has_none() -> None:
    text = "123456789012 a@b.test 203.0.113.7"
    assert ALL.text(text) != Pseudonyms(b"x" * 32, frozenset(WHAT)).text(text)
    assert ALL.text(ALL.text(text)) == ALL.text(text)
    assert ALL.about["key_id"] != Pseudonyms(b"x" * 32, frozenset(WHAT)).about["key_id"]


def test_the_tables_name_facts_that_there_are() -> None:
    for kind, paths in PERSONS.items():
        for path in paths:
            facet, _, fact = path.rstrip(":").partition(".")
            name, _, inner = fact.partition(".")
            schema = load_kind(kind).facets[facet].facts[name]
            assert not inner or inner in schema["properties"]["items"]["items"]["properties"]


def test_a_grant_and_its_row_in_the_register_still_meet() -> None:
    held = {"items": [{"login": "alice", "grant": "admin", "by": "group sudo"}], "complete": True}
    made = ALL.facts("privileges", "grants", Facts({"held": held})).values["held"]
    identity = {"system": "host:a", "login": "alice"}
    account = ALL.facts("account", "identity", Facts(identity)).values
    assert made["items"] == [{"login": account["login"], "grant": "admin", "by": "group sudo"}]
    assert account["login"] != "alice"
    row = ALL.facts("register.entitlements", "row", Facts({"person_id": "host:a:alice"})).values
    assert row["person_id"] == f"host:a:{account['login']}"
    row = ALL.facts("register.entitlements", "row", Facts({"person_id": "p-1"})).values
    staff = ALL.facts("register.staff", "row", Facts({"person_id": "p-1"})).values
    assert row == staff


def test_names_that_are_compared_with_other_names_are_not_known() -> None:
    logins = {"logins": {"items": ["rescue"], "complete": True}}
    seen = ALL.facts("sign-in", "local_people", Facts(logins))
    assert seen.missing["logins"].reason is Reason.NOT_ALLOWED
    revoked = {"revocations": {"items": ["bob:admin"], "complete": True}}
    seen = ALL.facts("register.access-reviews", "row", Facts(revoked))
    assert "pseudonymize person" in seen.missing["revocations"].message
    row = {"address": "192.0.2.7", "last_at": "2026-11-20T00:00:00+00:00"}
    seen = ALL.facts("sign-in", "arrivals", Facts({"addresses": {"items": [row]}}))
    assert "pseudonymize ip" in seen.missing["addresses"].message


def test_an_account_and_its_owner_in_the_register_still_meet() -> None:
    identity = {"system": "aws:123456789012", "login": "alice", "type": "human"}
    account = ALL.facts("account", "identity", Facts(identity)).values
    row = {"accounts": {"items": ["aws:123456789012:alice", "host:a:bob"], "complete": True}}
    staff = ALL.facts("register.staff", "row", Facts({"person_id": "p-1", **row})).values
    assert f"{account['system']}:{account['login']}" == staff["accounts"]["items"][0]
    training = ALL.facts("register.trainings", "row", Facts({"person_id": "p-1", "topic": "x"}))
    assert training.values == {"person_id": staff["person_id"], "topic": "x"}
    assert account["type"] == "human"


@pytest.mark.parametrize(
    ("system", "login"),
    [("gcp:proj", "serviceAccount:x@y.test"), ("host:a:b", "alice"), ("okta", "Alice")],
)
def test_an_account_meets_its_owner_whatever_has_a_colon(system: str, login: str) -> None:
    account = ALL.facts("account", "identity", Facts({"system": system, "login": login})).values
    row = {"accounts": {"items": [f"{system}:{login}"], "complete": True}}
    staff = ALL.facts("register.staff", "row", Facts(row)).values
    assert [f"{account['system']}:{account['login']}"] == staff["accounts"]["items"]
    assert account["system"] == system
    assert login.rpartition(":")[2] not in repr((account, staff))


NAMES = ["p-01", "P-01", " p-01", "p-01 ", "P-01 ", "p-02", "Straße", "STRASSE", "A@b.test"]


@pytest.mark.parametrize("one", NAMES)
@pytest.mark.parametrize("other", NAMES)
def test_pseudonyms_are_equal_exactly_and_folded_where_their_originals_are(
    one: str, other: str
) -> None:
    """Measures compare people both ways, and neither may come to another answer."""
    first, second = (
        ALL.facts("register.trainings", "row", Facts({"person_id": name})).values["person_id"]
        for name in (one, other)
    )
    assert (first == second) is (one == other)
    folded = one.strip().casefold() == other.strip().casefold()
    assert (first.strip().casefold() == second.strip().casefold()) is folded


def test_addresses_in_texts_are_equal_without_regard_to_capitals() -> None:
    small, large = ALL.text("to rin@mail.example.test"), ALL.text("to Rin@Mail.example.test")
    assert small == f"to {by_hand('person', 'rin@mail.example.test')}"
    assert small != large
    assert small.casefold() == large.casefold()


@pytest.mark.parametrize("reviewer", ["P-01", "p-01 ", "p-01", "p-02", "p-03"])
def test_who_reviews_an_own_publication_is_caught_under_pseudonyms_too(reviewer: str) -> None:
    out = AS_OF - timedelta(days=10)
    staff = [
        {"person_id": name, "start_date": "2020-01-01", "end_date": None, "status": "active"}
        for name in ("p-01", "P-01", "P-02")
    ]
    page = {"author": "p-01", "reviewer": reviewer, "published_at": out, "reviewed_at": out}

    def reviewed(change: Callable[[str, dict[str, Any]], dict[str, Any]]) -> tuple[Any, Any]:
        people = population([item(str(at), **change("staff", row)) for at, row in enumerate(staff)])
        rows = population([item("x", **change("publications", page))])
        facts = measured("publication-people", rows, {}, {"register.staff": people})["x"].facts
        return facts["reviewed"], facts["by_staff"]

    def changed(register: str, row: dict[str, Any]) -> dict[str, Any]:
        return dict(ALL.facts(f"register.{register}", "row", Facts(row)).values)

    assert reviewed(lambda _, row: row) == reviewed(changed) == (reviewer == "p-02", True)


def test_words_and_raw_about_persons_are_not_recorded() -> None:
    why = Failure(Reason.NO_DATA, "alice has no password", "x:Y")
    seen = ALL.facts("account", "password", Facts({}, {"state": why}, {"file": "alice"}))
    assert "alice" not in repr(seen)
    assert seen.missing["state"].reason is Reason.NO_DATA
    shown = ALL.resource("account", Resource("arn:aws:iam::1:user/alice", "alice", "p"))
    other = ALL.resource("account", Resource("arn:aws:iam::1:user/bob", "bob", "p"))
    assert "alice" not in repr(shown)
    assert shown.id != other.id
    assert shown.name == by_hand("person", "alice")


def test_what_a_measure_compares_with_networks_is_missing_instead() -> None:
    found = {"items": [{"address": "104.16.0.9", "provider": "x", "region": ""}], "complete": True}
    seen = ALL.facts("dns-name", "addresses", Facts({"found": found, "exists": True}))
    assert seen.values == {"exists": True}
    assert seen.missing["found"].reason is Reason.NOT_ALLOWED


def test_a_tag_that_decides_about_scope_is_not_changed_in_secret() -> None:
    assert ALL.facts("host", "tags", Facts({"env": "prod"})).values == {"env": "prod"}
    with pytest.raises(ObservationFailed) as error:
        ALL.facts("host", "tags", Facts({"owner": "a@b.test"}))
    assert "the tag 'owner', which decides about scope" in str(error.value)


def test_a_key_has_to_be_long_and_private(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"short\n")
    path.chmod(0o600)
    with pytest.raises(InputError, match="holds 5 bytes, fewer than 32"):
        load("ip", path)
    path.write_bytes(KEY + b"\n")
    made = load("ip, person", path)
    assert made is not None
    assert (made.key, made.what) == (KEY, frozenset({"ip", "person"}))
    path.chmod(0o640)
    with pytest.raises(InputError, match="others may read this key"):
        load("ip", path)
    with pytest.raises(InputError, match="cannot be read"):
        load("ip", tmp_path / "none")


def test_options_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    for wanted, key in (("ip", None), ("", tmp_path)):
        with pytest.raises(UsageError, match="go together"):
            load(wanted, key)
    with pytest.raises(UsageError, match="'name' is none of account, person, ip"):
        load("name", tmp_path)


STAFF = """\
# register: staff
# source: people
# exported_at: 2026-11-20T00:00:00+00:00
person_id,worker_type,roles,start_date,end_date,status,accounts
p-alice,employee,operator,2024-01-01,,active,host:box:alice
p-carol,employee,operator,2024-01-01,,active,host:box:carol
p-bob,employee,operator,2024-01-01,2024-06-01,ended,host:box:bob
"""
POLICY = """\
schema: 1
id: small
title: A small promise
source: {language: en}
timezone: UTC
clauses:
  - id: "1"
    promise: Everybody has an own account.
    assess: observed
    controls: [{control: unique-user-accounts, set: {accounts_per_person: 1}}]
"""
PASSWD = "".join(
    f"{name}:x:{at}:{at}::/home/{name}:/bin/sh\n"
    for at, name in (
        (0, "root"),
        (1001, "alice"),
        (1002, "bob"),
        (1003, "mallory"),
        (1004, "carol"),
    )
)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a folder with a host's files and a register: two accounts whose owners are there."""
    etc = tmp_path / "host" / "etc"
    etc.mkdir(parents=True)
    (etc / "passwd").write_text(PASSWD)
    (etc / "group").write_text("root:x:0:\n")
    names = [line.partition(":")[0] for line in PASSWD.splitlines()]
    (etc / "shadow").write_text("".join(f"{name}:$y$x$y$z:20000:0:90:7:::\n" for name in names))
    (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\n")
    (etc / "login.defs").write_text("UID_MIN 1000\nUID_MAX 60000\n")
    (etc / "ssh").mkdir()
    (etc / "ssh" / "sshd_config").write_text("PasswordAuthentication no\n")
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "staff.csv").write_text(STAFF)
    (tmp_path / "small.yaml").write_text(POLICY)
    targets = [
        {"id": "box", "type": "host", "name": "box", "root": str(tmp_path / "host"),
         "checkers": ["host.account"]},
        {"id": "people", "type": "register", "folder": "registers", "checkers": ["register.staff"]},
    ]  # fmt: skip
    write(tmp_path, {"targets": targets})
    key = tmp_path / "key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    return tmp_path


def write(folder: Path, more: dict[str, Any]) -> None:
    path = folder / "troth.yaml"
    before = yaml.safe_load(path.read_text()) if path.exists() else {}
    first = {"schema": 1, "policies": [{"policy": "small.yaml"}]}
    path.write_text(yaml.safe_dump({**first, **before, **more}))


def check(folder: Path, run: str, *options: str) -> int:
    where = ["-c", str(folder / "troth.yaml"), "--run", str(folder / run)]
    return main(["check", *where, "--as-of", "2026-11-21T00:00:00+00:00", "-q", *options])


Verdicts = Callable[[Path], list[tuple[Any, ...]]]


def verdicts(run: Path) -> list[Any]:
    rows = [json.loads(line) for line in (run / "findings.jsonl").read_text().splitlines()]
    return sorted(
        (row["clause"], row["target"], row["verdict"], row.get("reason", ""), row["found"] != {})
        for row in rows
    )


def test_a_run_under_pseudonyms_judges_alike_and_names_nobody(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = check(workspace, "plain")
    told = capsys.readouterr().out
    asked = ("--pseudonymize", "account,person,ip", "--pseudonym-key", str(workspace / "key"))
    assert check(workspace, "run", *asked) == plain
    printed = capsys.readouterr()
    assert verdicts(workspace / "run") == verdicts(workspace / "plain")
    assert {row[2] for row in verdicts(workspace / "run")} >= {"pass", "fail"}
    assert "mallory" in told
    for path in (workspace / "run").rglob("*"):
        if path.is_file() and "inputs" not in path.parts:
            for name in ("alice", "bob", "mallory", "carol"):
                assert name not in path.read_text(), path
        if path.is_file():
            assert KEY not in path.read_bytes()
    assert "mallory" not in printed.out + printed.err
    envelope = json.loads((workspace / "run" / "run.json").read_text())
    assert envelope["pseudonyms"] == dict(ALL.about)
    assert jsonschema_rs.is_valid(schema("run"), envelope)
    assert main(["replay", str(workspace / "run")]) == plain


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"classes": {"a": 'resource.contains("bob")'}}, "this condition reads resource"),
        ({"classes": {"a": 'tag("x") == "203.0.113.7"'}}, "what --pseudonymize ip replaces"),
        ({"classes": {"a": 'tag("x") == "a@b.test"'}}, "what --pseudonymize person replaces"),
        ({"classes": {"a": 'tag("x") == "123456789012"'}}, "what --pseudonymize account replaces"),
    ],
    ids=["resource", "ip", "person", "account"],
)
def test_what_would_undo_pseudonyms_is_refused_with_its_place(
    workspace: Path, capsys: pytest.CaptureFixture[str], more: dict[str, Any], said: str
) -> None:
    write(workspace, more)
    asked = ("--pseudonymize", "account,person,ip", "--pseudonym-key", str(workspace / "key"))
    assert check(workspace, "run", *asked) == Exit.USAGE
    err = capsys.readouterr().err
    assert said in err
    assert err.startswith(f"{workspace}/troth.yaml:2:") or "troth.yaml:2:" in err
    assert not (workspace / "run").exists()


def test_parameters_of_a_policy_are_looked_at_and_its_prose_is_not(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = workspace / "small.yaml"
    asked = ("--pseudonymize", "person", "--pseudonym-key", str(workspace / "key"))
    path.write_text(POLICY.replace("own account.", "own account; ask rin@mail.example."))
    assert check(workspace, "prose", *asked) != Exit.USAGE
    capsys.readouterr()


#: Names of facts that hold a person or a customer wherever they stand in a register.
_PEOPLE = frozenset({
    "accounts", "approved_by", "approver", "author", "contacts", "customer", "customers",
    "developers", "owner", "participants", "party", "person_id", "reporter", "requester",
    "reviewer", "risk_accepted_by", "supervisor", "tester",
})  # fmt: skip


def test_no_register_names_a_person_outside_the_table() -> None:
    paths = shipped_folder().glob("register.*.yaml")
    registers = {path.stem: load_kind(path.stem) for path in paths}
    assert len(registers) > 40
    for name, kind in registers.items():
        known = {path.rstrip(":") for path in PERSONS.get(name, ())}
        for facet, made in kind.facets.items():
            naming = {f"{facet}.{fact}" for fact in made.facts if fact in _PEOPLE}
            assert naming <= known, name
