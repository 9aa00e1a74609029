"""What the bucket checker says when Google does not answer as it should."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.checkers.driver import Reader, Seen, observe
from tests.checkers.gcp.faultserver import CUT_OFF, SILENT, FaultServer
from troth.checker import Facts, Listed, ObservationFailed, Partition
from troth.checkers.gcp import access
from troth.checkers.gcp.access import TRIES
from troth.checkers.gcp.exposure import Prevention, exposure
from troth.checkers.gcp.storage import Buckets, enforced_by
from troth.model import Failure, Reason

LIST, IAM = "/storage/v1/b", "/storage/v1/b/a/iam"
POLICY = {"kind": "storage#policy", "etag": "CAE="}


def row(name: str, **more: Any) -> dict[str, Any]:
    made = {
        "kind": "storage#bucket",
        "name": name,
        "location": "ASIA-NORTHEAST1",
        "timeCreated": "2024-03-01T09:00:00.123Z",
        "iamConfiguration": {
            "uniformBucketLevelAccess": {"enabled": True},
            "publicAccessPrevention": "inherited",
        },
    }
    return made | more


def page(*rows: Any, **more: Any) -> dict[str, Any]:
    return {"kind": "storage#buckets", "items": list(rows)} | more


def error(code: int, reason: str) -> tuple[int, Any]:
    body = {"code": code, "message": "words", "errors": [{"reason": reason, "message": "words"}]}
    return code, {"error": body}


def target(server: FaultServer, **more: Any) -> dict[str, Any]:
    return {"id": "g", "project": "acme", "endpoint_url": server.url} | more


def listing(server: FaultServer, **more: Any) -> tuple[list[Listed], set[str]]:
    ((_, listed, seen),) = observe(Buckets, target(server, **more))
    return listed, {name.rsplit("/", 1)[1] for name in seen}


def why(server: FaultServer, **more: Any) -> Failure:
    listed, seen = listing(server, **more)
    assert seen == set()
    assert len(listed) == 1
    assert listed[0].failure is not None
    return listed[0].failure


def test_every_page_is_read(faults: FaultServer) -> None:
    faults.plan(LIST, (200, page(row("a"), nextPageToken="t")), (200, page(row("b"))))
    faults.plan(IAM, (200, POLICY))
    assert listing(faults) == ([], {"a", "b"})
    assert "pageToken=t" in next(path for path in faults.asked if "pageToken" in path)


def test_a_refused_page_leaves_the_list_incomplete(faults: FaultServer) -> None:
    faults.plan(LIST, (200, page(row("a"), nextPageToken="t")), error(403, "forbidden"))
    listed, seen = listing(faults)
    assert seen == {"a"}
    assert [one.failure.reason for one in listed if one.failure] == [Reason.PERMISSION_DENIED]


def test_a_page_that_comes_again_ends_the_list(faults: FaultServer) -> None:
    faults.plan(LIST, (200, page(row("a"), nextPageToken="t")))
    listed, seen = listing(faults)
    assert seen == {"a"}
    assert [one.failure.reason for one in listed if one.failure] == [Reason.MALFORMED_RESPONSE]


def test_places_out_of_reach_leave_the_list_incomplete(faults: FaultServer) -> None:
    faults.plan(LIST, (200, page(row("a"), unreachable=["projects/_/buckets/x"])))
    listed, seen = listing(faults)
    assert seen == {"a"}
    assert [one.failure.reason for one in listed if one.failure] == [Reason.UNREACHABLE]


def test_a_row_without_a_name_costs_only_itself(faults: FaultServer) -> None:
    faults.plan(LIST, (200, page({"kind": "storage#bucket"}, row("a"))))
    listed, seen = listing(faults)
    assert seen == {"a"}
    assert [one.failure.reason for one in listed if one.failure] == [Reason.MALFORMED_RESPONSE]


def test_a_list_without_a_first_page_is_no_answer_at_all(faults: FaultServer) -> None:
    faults.plan(LIST, error(403, "forbidden"))
    checker = Buckets(target(faults), Partition("acme"), Reader(frozenset()), {})
    with pytest.raises(ObservationFailed):
        checker.read("bucket_list")


def test_a_forbidden_list_names_the_permission(faults: FaultServer) -> None:
    faults.plan(LIST, error(403, "forbidden"))
    failure = why(faults)
    assert (failure.reason, failure.permission) == (
        Reason.PERMISSION_DENIED,
        "storage.buckets.list",
    )


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error(401, "authError"), Reason.EXPIRED_CREDENTIALS),
        (error(429, "rateLimitExceeded"), Reason.THROTTLED),
        (error(403, "userRateLimitExceeded"), Reason.THROTTLED),
        (error(503, "backendError"), Reason.UNREACHABLE),
        (error(504, "gatewayTimeout"), Reason.TIMEOUT),
        ((200, b'{"kind": "storage#buckets", "items": [{"na'), Reason.MALFORMED_RESPONSE),
        ((200, b"<html>sign in</html>"), Reason.MALFORMED_RESPONSE),
        ((200, b"[]"), Reason.MALFORMED_RESPONSE),
        ((200, b"{}"), Reason.MALFORMED_RESPONSE),
        ((200, {"kind": "storage#buckets", "items": {}}), Reason.MALFORMED_RESPONSE),
        ((CUT_OFF, page(row("a"))), Reason.MALFORMED_RESPONSE),
        ((403, b"not json"), Reason.PERMISSION_DENIED),
        ((403, {"error": "no"}), Reason.MALFORMED_RESPONSE),
        ((200, b""), Reason.MALFORMED_RESPONSE),
        ((204, b""), Reason.MALFORMED_RESPONSE),
        ((200, b"null"), Reason.MALFORMED_RESPONSE),
        ((200, b'{"a":' * 100_000), Reason.MALFORMED_RESPONSE),
        ((200, b'{"kind": "\xff"'), Reason.MALFORMED_RESPONSE),
        ((200, {"kind": "storage#buckets", "items": 5}), Reason.MALFORMED_RESPONSE),
        ((200, {"kind": "storage#buckets", "unreachable": "x"}), Reason.MALFORMED_RESPONSE),
        ((302, b""), Reason.MALFORMED_RESPONSE),
    ],
)
def test_no_answer_is_never_an_empty_list(
    faults: FaultServer, answer: tuple[int, Any], reason: Reason
) -> None:
    faults.plan(LIST, answer)
    assert why(faults).reason == reason
    assert {path.partition("?")[0] for path in faults.asked} == {LIST}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((CUT_OFF, page(row("b"))), Reason.MALFORMED_RESPONSE),
        ((200, b"[]"), Reason.MALFORMED_RESPONSE),
        ((200, {}), Reason.MALFORMED_RESPONSE),
        (error(429, "rateLimitExceeded"), Reason.THROTTLED),
    ],
)
def test_a_later_page_that_fails_leaves_the_earlier_ones(
    faults: FaultServer, answer: tuple[int, Any], reason: Reason
) -> None:
    faults.plan(LIST, (200, page(row("a"), nextPageToken="t")), answer)
    listed, seen = listing(faults)
    assert seen == {"a"}
    assert [one.failure.reason for one in listed if one.failure] == [reason]


def test_pages_that_come_in_a_circle_end_the_list(faults: FaultServer) -> None:
    pages = [(200, page(row(name), nextPageToken=token)) for name, token in ("ax", "by", "cx")]
    faults.plan(LIST, *pages, (500, b""))
    listed, seen = listing(faults)
    assert seen == {"a", "b", "c"}
    assert [one.failure.reason for one in listed if one.failure] == [Reason.MALFORMED_RESPONSE]


def test_every_page_has_all_its_tries(faults: FaultServer) -> None:
    lost = [(503, b"")] * (TRIES - 1)
    faults.plan(LIST, *lost, (200, page(row("a"), nextPageToken="t")), *lost, (200, page(row("b"))))
    assert listing(faults) == ([], {"a", "b"})


@pytest.mark.parametrize("name", ["../../x", "a?fields=x", "a/iam", "a%2Fb", "", 5, "a\n"])
def test_a_name_that_is_none_is_never_asked_for(faults: FaultServer, name: Any) -> None:
    faults.plan(LIST, (200, page(row("a") | {"name": name})))
    assert why(faults).reason == Reason.MALFORMED_RESPONSE
    assert {path.partition("?")[0] for path in faults.asked} == {LIST}


def test_a_silent_server_is_a_timeout(faults: FaultServer) -> None:
    faults.plan(LIST, (SILENT, b""))
    assert why(faults, timeout_seconds=0.05).reason == Reason.TIMEOUT
    assert len(faults.asked) == TRIES


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error(429, "rateLimitExceeded"), Reason.THROTTLED),
        (error(503, "backendError"), Reason.UNREACHABLE),
        ((CUT_OFF, page()), Reason.MALFORMED_RESPONSE),
    ],
)
def test_a_read_that_takes_too_long_says_what_kept_it(
    faults: FaultServer, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, Any], reason: Reason
) -> None:
    monkeypatch.setattr(access, "LONGEST_READ", 0.0)
    faults.plan(LIST, answer)
    assert why(faults).reason == reason
    assert len(faults.asked) == 1


def test_a_closed_port_is_unreachable(faults: FaultServer) -> None:
    faults.server_close()
    assert why(faults).reason == Reason.UNREACHABLE


def test_throttling_is_waited_out_and_counted(faults: FaultServer) -> None:
    faults.plan(LIST, error(429, "rateLimitExceeded"), (503, b""), (200, page()))
    reader = Reader(frozenset())
    assert observe(Buckets, target(faults), reader=reader)[0][1:] == ([], {})
    assert (reader.counts["throttled"], reader.counts["retries"]) == (1, 2)


def test_what_is_final_is_not_asked_again(faults: FaultServer) -> None:
    faults.plan(LIST, error(403, "forbidden"))
    assert why(faults).reason == Reason.PERMISSION_DENIED
    assert len(faults.asked) == 1


def test_a_refused_iam_policy_fails_exposure_alone(faults: FaultServer) -> None:
    faults.plan(LIST, (200, page(row("a"))))
    faults.plan(IAM, error(403, "forbidden"))
    ((_, _, seen),) = observe(Buckets, target(faults))
    facets = seen["//storage.googleapis.com/a"]
    failed = {name: found for name, found in facets.items() if isinstance(found, Failure)}
    assert set(failed) == {"exposure", "transport"}
    assert failed["exposure"].permission == "storage.buckets.getIamPolicy"


@pytest.mark.parametrize(
    "policy",
    [
        {"bindings": []},
        [],
        POLICY | {"bindings": {}},
        POLICY | {"bindings": None},
        POLICY | {"bindings": [None]},
        POLICY | {"bindings": [{"members": ["allUsers"]}]},
        POLICY | {"bindings": [{"role": "r", "members": "allUsers"}]},
        POLICY | {"bindings": [{"role": "r", "members": [None]}]},
    ],
)
def test_a_policy_that_lost_its_members_is_malformed(faults: FaultServer, policy: Any) -> None:
    faults.plan(LIST, (200, page(row("a"))))
    faults.plan(IAM, (200, policy))
    ((_, _, seen),) = observe(Buckets, target(faults))
    failure = seen["//storage.googleapis.com/a"]["exposure"]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize("answer", [(200, {}), (200, b"[]"), (200, b""), (CUT_OFF, row("a"))])
def test_a_bucket_whose_acls_cannot_be_read_is_not_closed(
    faults: FaultServer, answer: tuple[int, Any]
) -> None:
    by_acl = {"uniformBucketLevelAccess": {"enabled": False}}
    faults.plan(LIST, (200, page(row("a", iamConfiguration=by_acl))))
    faults.plan(IAM, (200, POLICY))
    faults.plan("/storage/v1/b/a", answer)
    ((_, _, seen),) = observe(Buckets, target(faults))
    failure = seen["//storage.googleapis.com/a"]["exposure"]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.MALFORMED_RESPONSE


def test_nothing_is_asked_that_is_not_declared(faults: FaultServer) -> None:
    by_acl = {"uniformBucketLevelAccess": {"enabled": False}}
    faults.plan(LIST, (200, page(row("a", iamConfiguration=by_acl))))
    faults.plan(IAM, (200, POLICY))
    faults.plan("/storage/v1/b/a", (200, row("a")))
    before = set(threading.enumerate())
    listing(faults)
    for thread in set(threading.enumerate()) - before:
        thread.join()
    asked = [urlsplit(path) for path in faults.asked]
    assert [(url.path, dict(parse_qsl(url.query))) for url in asked] == [
        (LIST, {"project": "acme", "projection": "noAcl", "prettyPrint": "false"}),
        (IAM, {"optionsRequestedPolicyVersion": "3", "prettyPrint": "false"}),
        ("/storage/v1/b/a", {"projection": "full", "prettyPrint": "false"}),
    ]


def test_a_bucket_without_its_settings_costs_only_its_own_facts(faults: FaultServer) -> None:
    bare = {"kind": "storage#bucket", "name": "a"}
    faults.plan(LIST, (200, page(bare, row("b"))))
    faults.plan("/storage/v1/b/b/iam", (200, POLICY))
    ((_, _, seen),) = observe(Buckets, target(faults))
    for name in ("location", "nature", "exposure"):
        failure = seen["//storage.googleapis.com/a"][name]
        assert isinstance(failure, Failure)
        assert isinstance(seen["//storage.googleapis.com/b"][name], Seen)


@pytest.mark.parametrize(
    ("facet", "settings"),
    [
        ("exposure", {"iamConfiguration": ["publicAccessPrevention"]}),
        ("exposure", {"iamConfiguration": 5}),
        ("location", {"customPlacementConfig": {"dataLocations": "ASIA"}}),
        ("location", {"customPlacementConfig": {"dataLocations": []}}),
        ("tags", {"labels": ["tier"]}),
        ("nature", {"timeCreated": "soon"}),
    ],
)
def test_settings_of_another_shape_are_malformed(
    faults: FaultServer, facet: str, settings: dict[str, Any]
) -> None:
    faults.plan(LIST, (200, page(row("a", **settings))))
    faults.plan(IAM, (200, POLICY))
    ((_, _, seen),) = observe(Buckets, target(faults))
    failure = seen["//storage.googleapis.com/a"][facet]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.MALFORMED_RESPONSE


def test_a_custom_dual_region_is_two_places(faults: FaultServer) -> None:
    both = {"dataLocations": ["ASIA-NORTHEAST1", "ASIA-NORTHEAST2"]}
    faults.plan(LIST, (200, page(row("a", location="ASIA", customPlacementConfig=both))))
    ((_, _, seen),) = observe(Buckets, target(faults))
    places = seen["//storage.googleapis.com/a"]["location"]
    assert isinstance(places, Seen)
    assert places["places"]["items"] == ["gcp:asia-northeast1", "gcp:asia-northeast2"]


class WithOrganisation(Buckets):
    """The checker as it behaves towards Google, with the loopback server in Google's place."""

    emulated = False

    def _signed_in(self) -> Any:
        return access.session_with(access.credentials_for(emulated=True))


def effective(name: str, **rule: Any) -> tuple[str, tuple[int, Any]]:
    path = f"/v2/projects/acme/policies/{name}:getEffectivePolicy"
    return path, (200, {"name": f"projects/1/policies/{name}", "spec": {"rules": [rule]}})


@pytest.mark.parametrize(("enforced", "plaintext"), [(True, "refused"), (False, "accepted")])
def test_the_organisation_decides_whether_plain_http_is_served(
    faults: FaultServer, enforced: bool, plaintext: str
) -> None:
    faults.plan(LIST, (200, page(row("a"))))
    path, answer = effective("storage.secureHttpTransport", enforce=enforced)
    faults.plan(path, answer)
    ((_, _, seen),) = observe(WithOrganisation, target(faults))
    assert seen["//storage.googleapis.com/a"]["transport"] == {"plaintext": plaintext}


def test_an_organisation_policy_that_may_not_be_read_names_its_permission(
    faults: FaultServer,
) -> None:
    faults.plan(LIST, (200, page(row("a"))))
    path, _ = effective("storage.secureHttpTransport")
    faults.plan(path, (403, {"error": {"code": 403, "status": "PERMISSION_DENIED"}}))
    ((_, _, seen),) = observe(WithOrganisation, target(faults))
    failure = seen["//storage.googleapis.com/a"]["transport"]
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.permission) == (
        Reason.PERMISSION_DENIED,
        "orgpolicy.policy.get",
    )


@pytest.mark.parametrize(
    "answer",
    [
        (403, {"error": "no"}),
        (200, b"<html>"),
        (200, []),
        (200, {}),
        (200, {"spec": {"rules": []}}),
        (200, {"spec": {"rules": {"enforce": True}}}),
        (200, {"spec": {"rules": ["enforce"]}}),
        (302, b""),
        (CUT_OFF, effective("storage.secureHttpTransport", enforce=True)[1][1]),
    ],
)
def test_an_organisation_policy_of_another_shape_decides_nothing(
    faults: FaultServer, answer: tuple[int, Any]
) -> None:
    faults.plan(LIST, (200, page(row("a"))))
    faults.plan(effective("storage.secureHttpTransport")[0], answer)
    ((_, _, seen),) = observe(WithOrganisation, target(faults))
    failure = seen["//storage.googleapis.com/a"]["transport"]
    assert isinstance(failure, Failure)
    assert failure.reason == Reason.MALFORMED_RESPONSE


def public(server: FaultServer, answer: tuple[int, Any]) -> Seen:
    server.plan(LIST, (200, page(row("a"))))
    binding = {"role": "roles/storage.objectViewer", "members": ["allUsers"]}
    server.plan(IAM, (200, POLICY | {"bindings": [binding]}))
    server.plan(effective("storage.publicAccessPrevention")[0], answer)
    ((_, _, seen),) = observe(WithOrganisation, target(server))
    found = seen["//storage.googleapis.com/a"]["exposure"]
    assert isinstance(found, Seen)
    return found


def test_the_organisation_can_block_what_a_bucket_opens(faults: FaultServer) -> None:
    seen = public(faults, effective("storage.publicAccessPrevention", enforce=True)[1])
    assert seen["public"] is False
    assert seen.raw == {"blocked": ["IAM allUsers roles/storage.objectViewer"]}


def test_without_a_block_the_binding_is_public(faults: FaultServer) -> None:
    seen = public(faults, effective("storage.publicAccessPrevention", enforce=False)[1])
    assert seen["public"] is True


def test_a_binding_is_not_called_public_while_the_block_is_unknown(faults: FaultServer) -> None:
    seen = public(faults, (403, b"{}"))
    assert seen == {}
    assert seen.missing["public"].permission == "orgpolicy.policy.get"


def test_a_closed_bucket_needs_no_organisation_policy() -> None:
    unknown = Prevention(None, Failure(Reason.PERMISSION_DENIED, "no", "orgpolicy.policy.get"))
    facts = exposure(row("a"), POLICY, [], unknown)
    assert isinstance(facts, Facts)
    assert facts.values["public"] is False


def test_a_conditional_organisation_policy_decides_nothing() -> None:
    rules = [{"enforce": True, "condition": {"expression": "resource.matchTag('a', 'b')"}}]
    with pytest.raises(ObservationFailed) as raised:
        enforced_by({"spec": {"rules": rules}})
    assert raised.value.failure.reason == Reason.NOT_SUPPORTED


def test_no_credentials_at_all_says_so_without_a_connection() -> None:
    ((_, listed, _),) = observe(Buckets, {"id": "g", "project": "acme"})
    assert [one.failure.reason for one in listed if one.failure] == [Reason.EXPIRED_CREDENTIALS]


@pytest.fixture
def key(faults: FaultServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Return a service account's key, whose file the default chain finds once it is written."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path / "key.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    account = {
        "type": "service_account",
        "client_email": "troth@acme.iam.gserviceaccount.com",
        "private_key_id": "1",
        "private_key": made.decode(),
        "token_uri": f"{faults.url}/token",
    }
    path.write_text(json.dumps(account))
    return account


def test_a_key_that_was_revoked_is_expired_credentials(
    faults: FaultServer, key: dict[str, str]
) -> None:
    faults.plan("/token", (400, {"error": "invalid_grant"}))
    ((_, listed, _),) = observe(Buckets, {"id": "g", "project": "acme"})
    assert [one.failure.reason for one in listed if one.failure] == [Reason.EXPIRED_CREDENTIALS]
    assert faults.asked == ["/token"]


def test_credentials_for_another_universe_are_not_used(
    faults: FaultServer, key: dict[str, str]
) -> None:
    path = Path(os.environ["GOOGLE_APPLICATION_CREDENTIALS"])
    path.write_text(json.dumps(key | {"universe_domain": "example.com"}))
    ((_, listed, _),) = observe(Buckets, {"id": "g", "project": "acme"})
    assert [one.failure.reason for one in listed if one.failure] == [Reason.NOT_SUPPORTED]
    assert faults.asked == []


def test_the_surroundings_choose_no_other_host(
    faults: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults.plan(LIST, (200, page()))
    for name in ("STORAGE_EMULATOR_HOST", "API_ENDPOINT_OVERRIDE"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert listing(faults) == ([], set())
    asked = len(faults.asked)
    monkeypatch.setenv("GOOGLE_API_USE_MTLS_ENDPOINT", "always")
    assert why(faults).reason == Reason.NOT_SUPPORTED
    assert len(faults.asked) == asked


def test_importing_the_checkers_imports_nothing_of_google() -> None:
    text = (
        "import sys, troth.checkers.gcp.storage, troth.checkers.gcp.backup\n"
        "assert not [name for name in sys.modules if name.partition('.')[0] == 'google']"
    )
    subprocess.run([sys.executable, "-c", text], check=True)


def test_the_plan_names_every_host_that_is_asked() -> None:
    partition = Partition("acme")
    assert Buckets.egress({"id": "g", "project": "acme"}, partition) == [
        "storage.googleapis.com:443",
        "orgpolicy.googleapis.com:443",
    ]
    emulated = {"id": "g", "project": "acme", "endpoint_url": "http://127.0.0.1:9023"}
    assert Buckets.egress(emulated, partition) == ["127.0.0.1:9023"]
    assert Buckets.credential_reads(emulated) == ()
