"""Every checker declares honestly: it reads, its kind exists, and no call is made undeclared."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT
from troth import plugins
from troth.catalogue.kinds import load_kind
from troth.checker import Checker, check_declaration
from troth.model import TAGS

OURS = {
    plugin.id: plugins.load(plugin)
    for plugin in plugins.plugins()
    if plugin.entry.value.startswith("troth.checkers.")
}
each = pytest.mark.parametrize("cls", OURS.values(), ids=list(OURS))

#: How the names of operations begin that change nothing, by effect.
_CLOUD = {
    "read": re.compile(r"(Get|List|Describe|Lookup|Head|Search|BatchGet)[A-Z]"),
    "data-read": re.compile(r"(Get|Select|Download)[A-Z]"),
    "job": re.compile(r"(Generate|StartQuery)"),
}
#: Google's methods are called after the thing: BucketsList.
_GOOGLE = re.compile(r"[A-Z][A-Za-z]*(Get|List)([A-Z][A-Za-z]*)?|Get[A-Z][A-Za-z]*")
#: Commands of a host, all used in forms that only report.
_REPORTS = {
    "apcaccess", "apk", "apt", "auditctl", "barman", "borg", "date", "df", "dmsetup", "dnf",
    "fail2ban-client", "find", "fscrypt", "getfacl", "git", "grep", "ip6tables", "iptables",
    "journalctl", "loginctl", "lsblk", "nft", "pgbackrest", "ps", "rc-status", "repquota",
    "restic", "rpm", "ss", "sshd", "systemctl", "uname", "upsc", "who", "xfs_quota", "zfs",
    "zypper",
}  # fmt: skip
#: What is asked without an account: files, and peers that anybody may ask.
_ASKED = {
    "dns",
    "file",
    "ftp",
    "http",
    "mysql",
    "pg",
    "prometheus",
    "smtp",
    "sql",
    "ssh",
    "tcp",
    "tls",
}
_WRITES = {
    "chmod", "chown", "hardlink_to", "makedirs", "mkdir", "remove", "rename", "rmdir", "rmtree",
    "symlink_to", "touch", "truncate", "unlink", "utime", "write_bytes", "write_text",
}  # fmt: skip


def test_there_are_checkers() -> None:
    assert {cls.target_type for cls in OURS.values()} == {
        "attestation", "aws", "dns", "ftp", "gcp", "host", "http", "mysql", "ports", "postgresql",
        "probe-log", "prometheus", "register", "smtp", "ssh", "tls",
    }  # fmt: skip


@each
def test_it_does_not_contradict_itself(cls: type[Checker]) -> None:
    check_declaration(cls)
    assert cls.__doc__
    assert set(cls.required_options) <= set(cls.options)


@each
def test_its_kind_has_every_facet_that_it_offers(cls: type[Checker]) -> None:
    kind = load_kind(cls.kind)
    assert cls.facets(), f"{cls.id} offers no facet"
    assert set(cls.facets()) <= {*kind.facets, TAGS}


@each
def test_its_calls_read_and_nothing_else(cls: type[Checker]) -> None:
    for made in cls.calls().values():
        service, _, operation = made.operation.partition(":")
        assert made.effect in ("read", "data-read", "job")
        if cls.target_type == "aws":
            assert _CLOUD[made.effect].match(operation), made.operation
        elif cls.target_type == "gcp":
            assert _GOOGLE.fullmatch(operation), made.operation
        elif service == "exec":
            assert _commands(operation) <= _REPORTS | {"sh"}, made.operation
        else:
            assert service in _ASKED, made.operation


def _commands(operation: str) -> set[str]:
    """Return the commands of ``nft -j list ruleset`` or ``restic, borg``."""
    return {one.split()[0] for one in operation.split(",")}


@each
def test_its_calls_of_a_cloud_name_their_permissions(cls: type[Checker]) -> None:
    if cls.target_type in ("aws", "gcp"):
        assert all(made.actions for made in cls.calls().values())


@cache
def _model(service: str) -> Any:
    from botocore.session import Session  # type: ignore[import-untyped]

    from troth.checkers.aws.family import _CLIENTS

    return Session().get_service_model(_CLIENTS.get(service, service))


def test_aws_has_every_operation_under_that_name() -> None:
    for cls in OURS.values():
        for made in cls.calls().values() if cls.target_type == "aws" else ():
            service, _, operation = made.operation.partition(":")
            assert operation in _model(service).operation_names, made.operation


def _modules(family: str = "") -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "checkers" / family).rglob("*.py")):
        name = str(path.relative_to(ROOT / "checkers"))
        yield name, ast.parse(path.read_text(encoding="utf-8"), name)


def _called(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call with the last part of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            made = node.func
            yield (
                made.attr if isinstance(made, ast.Attribute) else getattr(made, "id", ""),
                node,
            )


def _service_methods() -> set[str]:
    from botocore import xform_name  # type: ignore[import-untyped]

    services = {
        made.operation.partition(":")[0]
        for cls in OURS.values()
        if cls.target_type == "aws"
        for made in cls.calls().values()
    }
    names = {xform_name(name) for one in services for name in _model(one).operation_names}
    return names | {"get_paginator", "get_waiter", "invoke"}


def test_aws_is_asked_in_one_place_only() -> None:
    methods = _service_methods()
    assert {"list_buckets", "get_paginator", "delete_bucket"} <= methods
    found = {
        (name, called)
        for name, tree in _modules("aws")
        for called, _ in _called(tree)
        if called in methods | {"client", "create_client", "resource"}
    }
    assert found == {
        ("aws/access.py", "client"),  # boto3's session, for every service
        ("aws/access.py", "create_client"),  # the role to assume; endpoints for the plan
        ("aws/family.py", "client"),  # ask() and pages(), which refuse what is not declared
        ("aws/family.py", "get_paginator"),
    }


def test_google_is_only_read() -> None:
    verbs = {
        "create", "create_bucket", "delete", "delete_blob", "delete_bucket", "patch", "post", "put",
        "set_iam_policy", "upload_from_file", "upload_from_filename", "upload_from_string",
    }  # fmt: skip
    for name, tree in _modules("gcp"):
        assert not [called for called, _ in _called(tree) if called in verbs], name


def test_no_checker_writes_or_runs_what_it_read() -> None:
    for name, tree in _modules():
        calls = list(_called(tree))
        assert not [called for called, _ in calls if called in _WRITES], name
        builtins = {
            node.func.id for _, node in calls if isinstance(node.func, ast.Name)
        }  # fmt: skip
        assert not builtins & {"eval", "exec", "compile", "__import__"}, name
        for called, node in calls:
            words = {word.arg for word in node.keywords}
            assert "shell" not in words, f"{name}:{node.lineno}"
            if called == "open" and isinstance(node.func, ast.Name):
                modes = [arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant)]
                assert modes == ["rb"], f"{name}:{node.lineno}"
            assert called not in ("system", "popen", "loads_unsafe"), f"{name}:{node.lineno}"


def test_the_sections_run_what_only_reports() -> None:
    named: set[str] = set()
    for path in sorted((ROOT / "checkers/host/sections").glob("*.sh")):
        named.update(re.findall(r"^\s*run(?:_first)?\s+(\S+)", path.read_text(), re.M))
    assert {"journalctl", "nft", "sshd"} <= named <= _REPORTS | {"sh"}


def test_processes_are_started_in_one_module() -> None:
    found = {
        name
        for name, tree in _modules()
        for called, node in _called(tree)
        if isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "subprocess"
        and called in ("run", "Popen", "call", "check_call", "check_output")
    }
    assert found == {"host/transport/local.py"}


HEAVY = (
    "asyncssh", "boto3", "botocore", "google.auth", "google.cloud", "cryptography", "cel",
    "holidays", "httpx", "dns.message", "psycopg",
)  # fmt: skip


def test_importing_every_checker_imports_no_client_library() -> None:
    modules = sorted({cls.__module__ for cls in OURS.values()})
    code = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == "[]\n"


#: What a family may build on, for those that ask over the network.
BELOW = {
    "tls": {"network"},
    "spoken": {"network", "tls"},
    "ftp": {"network", "spoken", "tls"},
    "smtp": {"network", "spoken", "tls"},
    "ssh": {"network"},
    "http": {"network"},
    "dns": {"network"},
    "port": {"network", "tls"},
    "aws": {"lookback"},
    "database": {"contents"},
    "host": {"contents", "network"},
    "probes": {"lookback"},
}


def test_every_family_stands_by_itself() -> None:
    for path in sorted((ROOT / "checkers").rglob("*.py")):
        family = path.relative_to(ROOT / "checkers").with_suffix("").parts[0]
        text = path.read_text(encoding="utf-8")
        others = set(re.findall(r"^\s*from troth\.checkers\.(\w+)", text, re.M)) - {family}
        above = others - BELOW.get(family, set())
        assert not above, f"{Path(path).name} imports from {', '.join(sorted(above))}"
