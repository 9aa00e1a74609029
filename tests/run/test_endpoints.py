"""Whole runs over endpoints: what a peer says about itself is hostile text in every output."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.checkers.tls import authority, servers
from troth import record
from troth.cli import main
from troth.errors import Exit

#: Steers a terminal, turns the reading direction, starts a line, breaks out of HTML and XML.
EVIL = "x\x1b]0;owned\x07\u202e\n<script>alert(1)</script>]]>&\x00=1+1"

POLICY = """\
schema: 1
id: small
title: A small promise
source: {language: en}
timezone: UTC
clauses:
  - id: "1"
    promise: Keys are strong.
    assess: observed
    controls:
      - {control: tls-certificate-key-strength, set: {min_rsa_bits: 2048, min_ec_bits: 256}}
  - id: "2"
    promise: Connections are protected.
    assess: observed
    controls:
      - {control: approved-cryptography, set: {banned: [RSA_below_2048]}}
"""


@contextlib.contextmanager
def _ssh_peer() -> Iterator[int]:
    """Run a peer that greets as SSH does, hostile, and then hangs up."""

    def handle(peer: socket.socket, index: int) -> None:
        peer.sendall(f"SSH-2.0-{EVIL}\r\n".encode())

    with servers.serve(handle) as port:
        yield port


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder with a policy, and targets whose peers mean harm."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    leaf = authority.leaf(None, ("localhost",), "rsa1024", common=EVIL)
    with contextlib.ExitStack() as stack:
        weak = ("-cipher", "DEFAULT:@SECLEVEL=0")
        tls = stack.enter_context(servers.openssl(tmp_path, [leaf], *weak))
        ssh = stack.enter_context(_ssh_peer())
        targets = [
            {"id": "web", "type": "tls", "endpoints": [f"127.0.0.1:{tls}"]},
            {"id": "shell", "type": "ssh", "endpoints": [f"127.0.0.1:{ssh}"]},
        ]
        config = {"schema": 1, "policies": [{"policy": "small.yaml"}], "targets": targets}
        (tmp_path / "small.yaml").write_text(POLICY)
        (tmp_path / "troth.yaml").write_text(yaml.safe_dump(config))
        yield tmp_path


def _checked(workspace: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, list[Any]]:
    """Return what is printed, and the findings; JSON and JUnit lie in the folder."""
    code = main([
        "check", "-c", str(workspace / "troth.yaml"), "--run", str(workspace / "run"),
        "-o", f"json={workspace}/out.json", "-o", f"junit={workspace}/out.xml", "-o", "text",
    ])  # fmt: skip
    printed = capsys.readouterr()
    assert code == Exit.BROKEN, printed.err
    return printed.out + printed.err, record.get_lines(workspace / "run" / record.FINDINGS)


def test_what_a_peer_calls_itself_steers_no_output(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, findings = _checked(workspace, capsys)
    weak = [row for row in findings if row["target"] == "web" and row["verdict"] == "fail"]
    assert weak, "the weak key was not seen"
    assert "owned" in json.dumps(weak), "the hostile subject does not even reach the findings"
    assert not [sign for sign in "\x1b\x07\x00\u202e" if sign in text]
    assert "\n<script>" not in text
    body = (workspace / "out.xml").read_bytes()
    root = ElementTree.fromstring(body)  # noqa: S314 - our own output
    assert root.find(".//failure") is not None
    assert b"<script>" not in body
    assert json.loads((workspace / "out.json").read_text())


def test_a_peer_that_lies_and_hangs_up_is_unknown(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, findings = _checked(workspace, capsys)
    shell = [row for row in findings if row["target"] == "shell"]
    assert shell
    assert {row["verdict"] for row in shell} == {"unknown"}
