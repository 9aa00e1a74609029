"""Bundles go where nobody can take them away again: S3 at a real moto, Cloud Storage at a peer.

The storage emulator of the other tests knows neither retention of objects nor preconditions, so
what happens after the bucket was looked at is tested against a server of our own that speaks the
four requests of the JSON API.
"""

from __future__ import annotations

import base64
import email
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.checkers.aws.conftest import (  # noqa: F401 - fixtures
    _credentials,
    aws,
    moto,
    moto_address,
    peer,
)
from tests.checkers.aws.peer import Peer, s3_error
from tests.checkers.gcp.conftest import emulator, emulator_server  # noqa: F401 - fixtures
from troth.errors import UsageError
from troth.evidence.upload import upload

UNTIL = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
Client = Callable[..., Any]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "troth-run.tar.gz"
    path.write_bytes(b"\x1f\x8b" + bytes(range(256)) * 64)
    return path


@pytest.fixture
def s3(aws: Client, moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    """Return a client, with a bucket that locks and one that does not."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = aws("s3", region="us-east-1")
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    client.create_bucket(Bucket="plain")
    return client


def refused(archive: Path, url: str, until: datetime = UNTIL) -> str:
    with pytest.raises(UsageError) as error:
        upload(archive, url, until)
    return str(error.value)


def test_an_object_is_locked_until_the_end_of_its_retention(s3: Any, archive: Path) -> None:
    url = upload(archive, "s3://locked/evidence/", UNTIL)
    assert url == "s3://locked/evidence/troth-run.tar.gz"
    seen = s3.head_object(Bucket="locked", Key="evidence/troth-run.tar.gz", ChecksumMode="ENABLED")
    assert seen["ObjectLockMode"] == "COMPLIANCE"
    assert seen["ObjectLockRetainUntilDate"] == UNTIL
    digest = hashlib.sha256(archive.read_bytes()).digest()
    assert seen["ChecksumSHA256"] == base64.b64encode(digest).decode()
    version = {"Bucket": "locked", "Key": "evidence/troth-run.tar.gz"}
    body = s3.get_object(**version)["Body"].read()
    assert body == archive.read_bytes()
    with pytest.raises(Exception, match="AccessDenied"):
        s3.delete_object(**version, VersionId=seen["VersionId"])


def test_a_bucket_that_does_not_lock_gets_nothing(s3: Any, archive: Path) -> None:
    said = refused(archive, "s3://plain/")
    assert "Object Lock is not on in this bucket" in said
    assert "--object-lock-enabled-for-bucket" in said
    assert str(archive) in said
    assert "Contents" not in s3.list_objects_v2(Bucket="plain")


def test_no_object_is_written_over(s3: Any, archive: Path) -> None:
    upload(archive, "s3://locked/a.tar.gz", UNTIL)
    archive.write_bytes(b"another")
    assert "never written over" in refused(archive, "s3://locked/a.tar.gz")
    versions = s3.list_object_versions(Bucket="locked")["Versions"]
    assert len(versions) == 1


def test_a_bucket_that_is_not_there(s3: Any, archive: Path) -> None:
    assert "there is no such bucket" in refused(archive, "s3://nowhere/")


@pytest.mark.parametrize(
    ("operation", "permissions"),
    [
        ("s3:GET /locked?object-lock", "grant s3:GetBucketObjectLockConfiguration"),
        ("s3:PUT /locked/", "grant s3:PutObject and s3:PutObjectRetention"),
    ],
    ids=["read-the-lock", "put"],
)
def test_what_was_refused_is_named(
    s3: Any, archive: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch,  # noqa: F811
    operation: str, permissions: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("AWS_ENDPOINT_URL", peer.address)
    peer.fault(operation, s3_error("AccessDenied"))
    assert permissions in refused(archive, "s3://locked/")


def test_without_credentials_it_says_where_they_come_from(
    s3: Any, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "there are no AWS credentials" in refused(archive, "s3://locked/")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://example.test/x", "no place for a bundle"),
        ("s3:///x", "no place for a bundle"),
        ("s3://b/x?versionId=1", "no place for a bundle"),
        ("s3://key:" + "pass" + "@b/x", "holds no credentials"),
    ],
    ids=["scheme", "bucket", "query", "credentials"],
)
def test_a_url_that_is_no_place_is_refused(archive: Path, url: str, said: str) -> None:
    assert said in refused(archive, url)


def test_a_retention_that_has_ended_is_refused(archive: Path) -> None:
    assert "has passed" in refused(archive, "s3://b/", datetime.now(UTC) - timedelta(seconds=1))


class Answers(BaseHTTPRequestHandler):
    """What the two servers below share: bodies in, bodies out."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        return

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Forgetful(Answers):
    """An S3 that says it locks, takes everything and locks nothing."""

    def do_GET(self) -> None:
        inner = b"<ObjectLockEnabled>Enabled</ObjectLockEnabled>"
        self.answer(200, b"<ObjectLockConfiguration>" + inner + b"</ObjectLockConfiguration>")

    def do_PUT(self) -> None:
        self.body()
        self.answer(200, ETag='"x"')

    def do_HEAD(self) -> None:
        self.answer(200, ETag='"x"')


class Cloud(Answers):
    """One bucket as Cloud Storage has it: retention of objects, and preconditions (JSON API v1)."""

    bucket: ClassVar[dict[str, Any]]
    objects: ClassVar[dict[str, dict[str, Any]]]
    bodies: ClassVar[dict[str, bytes]]
    forgets = False
    denies = ""

    def json(self, status: int, value: Any) -> None:
        self.answer(status, json.dumps(value).encode(), Content_Type="application/json")

    def do_GET(self) -> None:
        parts = urlsplit(self.path).path.removeprefix("/storage/v1/b/").split("/o/")
        if self.denies == "buckets.get":
            self.json(403, {"error": {"message": "no"}})
        elif parts[0] != self.bucket["name"]:
            self.json(404, {"error": {"message": "no such bucket"}})
        elif len(parts) == 1:
            self.json(200, self.bucket)
        else:
            self.json(200, self.objects[unquote(parts[1])])

    def do_POST(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        about, media = parts_of(email.message_from_bytes(head + self.body()))
        name = about["name"]
        if self.denies == "objects.create":
            self.json(403, {"error": {"message": "no"}})
        elif asked.get("ifGenerationMatch") == ["0"] and name in self.objects:
            self.json(412, {"error": {"message": "conditionNotMet"}})
        else:
            kept = {} if self.forgets else about
            self.objects[name] = {**kept, "name": name, "bucket": self.bucket["name"]}
            self.bodies[name] = media
            self.json(200, self.objects[name])


def parts_of(whole: Message) -> tuple[dict[str, Any], bytes]:
    parts = whole.get_payload()
    assert isinstance(parts, list)
    about, media = parts
    assert isinstance(about, Message)
    assert isinstance(media, Message)
    body = media.get_payload(decode=True)
    assert isinstance(body, bytes)
    return json.loads(str(about.get_payload())), body


@contextmanager
def serving(handler: type[Answers]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Cloud]]:
    """Return a bucket that keeps objects as long as each of them says."""

    class Fresh(Cloud):
        bucket: ClassVar[dict[str, Any]] = {"name": "kept", "objectRetention": {"mode": "Enabled"}}
        objects: ClassVar[dict[str, dict[str, Any]]] = {}
        bodies: ClassVar[dict[str, bytes]] = {}

    with serving(Fresh) as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        yield Fresh


def test_s3_that_does_not_keep_its_word_is_found_out(
    archive: Path, _credentials: None, monkeypatch: pytest.MonkeyPatch,  # noqa: F811, PT019
) -> None:  # fmt: skip
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with serving(Forgetful) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        assert "it was stored, but it is not locked" in refused(archive, "s3://locked/")


def test_cloud_storage_keeps_an_object_until_its_end(cloud: type[Cloud], archive: Path) -> None:
    url = upload(archive, "gs://kept/evidence/a.tar.gz", UNTIL)
    assert url == "gs://kept/evidence/a.tar.gz"
    about = cloud.objects["evidence/a.tar.gz"]
    assert about["retention"]["mode"] == "Locked"
    assert datetime.fromisoformat(about["retention"]["retainUntilTime"]) == UNTIL
    assert cloud.bodies["evidence/a.tar.gz"] == archive.read_bytes()


def test_cloud_storage_is_not_written_over(cloud: type[Cloud], archive: Path) -> None:
    upload(archive, "gs://kept/a", UNTIL)
    before = cloud.bodies["a"]
    archive.write_bytes(b"another")
    assert "never written over" in refused(archive, "gs://kept/a")
    assert cloud.bodies["a"] == before


def test_cloud_storage_that_does_not_keep_its_word_is_found_out(
    cloud: type[Cloud], archive: Path
) -> None:
    cloud.forgets = True
    assert "it was stored, but it is not locked" in refused(archive, "gs://kept/a")


@pytest.mark.parametrize(
    ("denies", "permissions"),
    [
        ("buckets.get", "grant storage.buckets.get"),
        ("objects.create", "grant storage.objects.create and storage.objects.setRetention"),
    ],
    ids=["bucket", "object"],
)
def test_what_cloud_storage_refused_is_named(
    cloud: type[Cloud], archive: Path, denies: str, permissions: str
) -> None:
    cloud.denies = denies
    assert permissions in refused(archive, "gs://kept/a")


def policy(days: int, *, locked: bool) -> dict[str, Any]:
    return {"retentionPeriod": str(days * 86400), "isLocked": locked}


def test_a_locked_policy_of_the_bucket_will_do(cloud: type[Cloud], archive: Path) -> None:
    cloud.bucket = {"name": "kept", "retentionPolicy": policy(401, locked=True)}
    upload(archive, "gs://kept/a", UNTIL)
    assert "retention" not in cloud.objects["a"]


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"retentionPolicy": policy(401, locked=False)},
        {"retentionPolicy": policy(399, locked=True)},
    ],
    ids=["none", "not-locked", "too-short"],
)
def test_a_bucket_that_keeps_nothing_for_so_long_gets_nothing(
    cloud: type[Cloud], archive: Path, kept: dict[str, Any]
) -> None:
    cloud.bucket = {"name": "kept", **kept}
    assert "this bucket locks nothing for that long" in refused(archive, "gs://kept/a")
    assert not cloud.objects


def test_the_storage_emulator_locks_nothing_and_gets_nothing(
    emulator: str,  # noqa: F811
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage  # type: ignore[import-untyped]

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator)
    client = storage.Client(project="none", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    client.create_bucket("plain")
    assert "this bucket locks nothing for that long" in refused(archive, "gs://plain/")
    assert not list(client.list_blobs("plain"))
    client.close()
