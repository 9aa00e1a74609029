"""A canary in everything that a scanned system says, and in nothing that troth leaves behind.

Real peers on loopback say it: tags and error messages of moto, the banner of an SSH server, the
keywords of a mail server, headers, cookies, redirects and text of a web server; it stands in the
environment too. The control at the end takes the redaction away and finds the canary.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkers.aws.peer import Fault, Peer
from tests.checkers.tls import servers
from troth import credentials
from troth.checker import Facts
from troth.cli import main
from troth.collect.door import Door
from troth.errors import Exit
from troth.evidence.pack import Order, pack
from troth.report import Format

#: What can be told by its form, put together here so that this file holds none.
TOKEN = "gh" + "p_" + "Kanar1e" * 6
#: What nothing but its place tells: the value of a tag that no condition reads.
PLAIN = "the-dog" + "-is-called-rex"


def _in_list(fact: str) -> str:
    return f'{fact}.items.exists(one, one == "x") || !{fact}.complete'


#: What is asked of each kind, by the facet that is read for it.
RULES = {
    "data-store": {"encryption": 'facts.encryption.state == "encrypted"'},
    "ssh-endpoint": {"algorithms": _in_list("facts.algorithms.ciphers")},
    "smtp-endpoint": {"greeting": _in_list("facts.greeting.extensions")},
    "http-endpoint": {
        "answer": "facts.answer.status == 200",
        "headers": _in_list("facts.headers.present"),
        "cookies": "true",
        "page": "true",
    },
}
POLICY = """\
schema: 1
id: small
title: A small promise
source: {language: en}
timezone: UTC
clauses:
  - id: "1"
    promise: Everything is looked at.
    assess: observed
    controls: [{control: looked-at, classes: [production]}]
"""


class Talkative(BaseHTTPRequestHandler):
    """A web server that gives the canary away wherever a response has room."""

    def log_message(self, format: str, *args: Any) -> None:
        return

    def do_GET(self) -> None:
        body = f"<html><title>{TOKEN}</title><p>Privacy policy {TOKEN}</p></html>".encode()
        self.send_response(200)
        for name, value in {
            "X-Powered-By": TOKEN,
            "X-Frame-Options": TOKEN,
            "Set-Cookie": f"{TOKEN}={TOKEN}; Path=/",
            "Location": f"https://user:{TOKEN}@127.0.0.1/{TOKEN}",
            "Strict-Transport-Security": f"max-age={TOKEN}",
            "Content-Type": "text/html",
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return f"httpd {TOKEN}"


@contextlib.contextmanager
def web() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Talkative)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()


def shell(peer: socket.socket, index: int) -> None:
    peer.sendall(f"SSH-2.0-{TOKEN}\r\n".encode())


def mail(peer: socket.socket, index: int) -> None:
    peer.sendall(f"220 {TOKEN} ready\r\n".encode())
    for line in peer.makefile("rb"):
        greets = line.upper().startswith(b"EHLO")
        peer.sendall(f"250-{TOKEN}\r\n250 {TOKEN}\r\n".encode() if greets else b"502 no\r\n")


@pytest.fixture
def workspace(
    tmp_path: Path, aws: Callable[..., Any], peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Return a folder with a policy, and a troth.yaml whose targets all give the canary away."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", TOKEN)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{TOKEN}@127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    seed(aws("s3"))
    peer.fault("s3:GET /telling?encryption", Fault(403, error()))
    with contextlib.ExitStack() as stack:
        ssh, smtp = (stack.enter_context(servers.serve(handle)) for handle in (shell, mail))
        page = f"http://127.0.0.1:{stack.enter_context(web())}/"
        targets: list[dict[str, Any]] = [
            {"id": "prod", "type": "aws", "regions": ["ap-northeast-1"],
             "endpoint_url": peer.address, "checkers": ["aws.s3"]},
            {"id": "shell", "type": "ssh", "endpoints": [f"127.0.0.1:{ssh}"]},
            {"id": "mail", "type": "smtp", "endpoints": [f"127.0.0.1:{smtp}"]},
            {"id": "web", "type": "http", "pages": [{"url": page, "texts": ["Privacy policy"]}]},
        ]  # fmt: skip
        tags = {"env": "production", "note": f"{PLAIN} {TOKEN}"}
        targets = [{**row, "tags": tags} if row["id"] == "mail" else row for row in targets]
        write(tmp_path, targets)
        yield tmp_path


def seed(s3: Any) -> None:
    where = {"CreateBucketConfiguration": {"LocationConstraint": "ap-northeast-1"}}
    tags = {"env": "production", "Name": TOKEN, "note": PLAIN, TOKEN: "x"}
    for bucket, env in (("telling", "production"), ("deciding", TOKEN)):
        rows = [{"Key": key, "Value": value} for key, value in {**tags, "env": env}.items()]
        s3.create_bucket(Bucket=bucket, **where)
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": rows})


def error() -> bytes:
    return f"<Error><Code>{TOKEN}</Code><Message>no, {TOKEN}</Message></Error>".encode()


def write(folder: Path, targets: list[dict[str, Any]]) -> None:
    (folder / "controls").mkdir()
    (folder / "controls" / "looked-at.yaml").write_text(yaml.safe_dump(control()))
    (folder / "small.yaml").write_text(POLICY)
    config = {
        "schema": 1,
        "policies": [{"policy": "small.yaml"}],
        "classes": {"production": 'tag("env") == "production"'},
        "extend": {"controls": ["controls"]},
        "targets": targets,
    }
    (folder / "troth.yaml").write_text(yaml.safe_dump(config))


def control() -> dict[str, Any]:
    """Return a control that reads every facet in which a peer can give the canary away."""
    parts = [
        {
            "name": kind,
            "kind": kind,
            "reads": list(asked),
            "rules": [
                {"name": facet, "expect": rule, "proves": "setting", "expected": "it"}
                for facet, rule in asked.items()
                if rule != "true"
            ],
        }
        for kind, asked in RULES.items()
    ]
    return {
        "schema": 1, "id": "looked-at", "domain": "cryptography", "title": "Everything is seen",
        "parts": parts, "severity": "high", "fix": {"any": "look"}, "frameworks": {},
    }  # fmt: skip


def checked(folder: Path) -> int:
    outputs = [f"--output={form}={folder / f'out.{form}'}" for form in Format]
    return main(["check", "-c", str(folder / "troth.yaml"), "--run", str(folder / "run"), *outputs])


def told(text: str) -> bool:
    """Tell whether a text gives a canary away, in capitals or not."""
    return any(canary.lower() in text.lower() for canary in (TOKEN, PLAIN))


def leaks(folder: Path) -> list[str]:
    """Return the files below a folder that hold a canary, besides what the user wrote."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
        and path != folder / "troth.yaml"
        and told(path.read_bytes().decode("latin-1"))
    )


def without_canary_of_the_user(folder: Path) -> None:
    """Take the tags of the target out again, for troth.yaml is kept as it is."""
    path = folder / "troth.yaml"
    config = yaml.safe_load(path.read_text())
    for row in config["targets"]:
        row.pop("tags", None)
    path.write_text(yaml.safe_dump(config))


def test_a_canary_is_in_no_output_no_log_and_no_bundle(
    workspace: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    without_canary_of_the_user(workspace)
    with caplog.at_level(logging.INFO):
        assert checked(workspace) in (Exit.BROKEN, Exit.INCOMPLETE)
    packed = workspace / "bag.tar.gz"
    pack(workspace / "run", packed, Order())
    with tarfile.open(packed) as archive:
        archive.extractall(workspace / "bag", filter="data")
    printed = capsys.readouterr()
    assert leaks(workspace) == []
    assert not told(printed.out + printed.err + caplog.text)


def test_what_was_taken_out_is_unknown_and_says_so(workspace: Path) -> None:
    without_canary_of_the_user(workspace)
    checked(workspace)
    findings = (workspace / "run" / "findings.jsonl").read_text()
    assert "tag 'env' holds a credential (GitHub token), which is never recorded" in findings
    assert '"reason":"scope-unknown"' in findings
    assert "extensions holds a credential" in findings
    assert "([redacted: GitHub token])" in findings
    shards = "".join(path.read_text() for path in (workspace / "run").rglob("*.jsonl"))
    assert '"note":"[redacted: tag]"' in shards
    assert '"env":"production"' in shards
    assert '"software":"[redacted: GitHub token]"' in shards


def test_troth_yaml_with_a_credential_is_refused_with_its_place(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(workspace) == Exit.USAGE
    lines = (workspace / "troth.yaml").read_text().splitlines()
    at = next(number for number, line in enumerate(lines, 1) if TOKEN in line)
    column = lines[at - 1].index(TOKEN) + 1
    said = capsys.readouterr().err
    assert f"troth.yaml:{at}:{column} a credential stands here (GitHub token)" in said
    assert TOKEN not in said
    assert not (workspace / "run").exists()


@pytest.mark.parametrize("name", ["waivers.yaml", "small.yaml", "controls/looked-at.yaml"])
def test_other_files_that_a_run_keeps_are_refused_too(
    workspace: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    without_canary_of_the_user(workspace)
    if name == "waivers.yaml":
        config = workspace / "troth.yaml"
        config.write_text(config.read_text() + "waivers: waivers.yaml\n")
        (workspace / name).write_text("schema: 1\nwaivers: []\n")
    path = workspace / name
    path.write_text(path.read_text() + f"# token: {TOKEN}\n")
    assert checked(workspace) == Exit.USAGE
    line = path.read_text().count("\n")
    said = capsys.readouterr().err
    assert f"{name}:{line}:10 a credential stands here (GitHub token)" in said
    assert TOKEN not in said


def test_a_fault_in_troth_itself_is_told_without(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError(f"at https://user:{TOKEN}@host with {TOKEN}")

    without_canary_of_the_user(workspace)
    (workspace / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(workspace / "tmp"))
    monkeypatch.setattr("troth.cli.check.carry_out", broken)
    assert checked(workspace) == Exit.BUG
    printed = capsys.readouterr()
    bug = next((workspace / "tmp").glob("troth-bug-*.txt"))
    assert "RuntimeError: at https://[redacted" in bug.read_text()
    assert TOKEN not in bug.read_text() + printed.out + printed.err


def test_without_the_redaction_the_canary_is_found(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_canary_of_the_user(workspace)
    monkeypatch.setattr(credentials, "find", lambda text: [])
    monkeypatch.setattr(Door, "facts", lambda self, kind, facet, facts: Facts(**vars(facts)))
    checked(workspace)
    found = leaks(workspace)
    assert "run/findings.jsonl" in found
    for target in ("prod", "shell", "mail", "web"):
        assert any(name.startswith(f"run/observations/{target}.") for name in found), target
    assert f"out.{Format.JSON}" in found
