"""The statement, against the text of the in-toto Attestation Framework."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.evidence.handmade import ENVELOPE, SUMMARY
from troth.errors import IntegrityError
from troth.evidence import statement as statements
from troth.evidence.statement import statement

DIGEST = "0123456789abcdef" * 4


def clause(name: str, verdict: str | None, *, waived: bool = False) -> dict[str, Any]:
    return {"policy": "acme", "clause": name, "verdict": verdict, "waived": waived}


def predicate(*clauses: dict[str, Any], partial: bool = False) -> dict[str, Any]:
    body = statement({"clauses": list(clauses), "partial": partial}, ENVELOPE, DIGEST)
    made: dict[str, Any] = json.loads(body)["predicate"]
    return made


def test_it_is_whole() -> None:
    assert json.loads(statement(SUMMARY, ENVELOPE, DIGEST)) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "tagmanifest-sha256.txt", "digest": {"sha256": DIGEST}}],
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": "WARNED",
            "configuration": [{"name": "acme", "digest": {"sha256": "ab" * 32}}],
            "passedTests": ["acme/1.1"],
            "warnedTests": ["acme/1.2"],
            "failedTests": [],
        },
    }


def test_it_begins_and_ends_as_verify_sh_reads_it() -> None:
    body = statement(SUMMARY, ENVELOPE, DIGEST)
    assert body.startswith(b'{"_type":"https://in-toto.io/Statement/v1","predicate":{')
    assert body.endswith(
        b',"predicateType":"https://in-toto.io/attestation/test-result/v0.1","subject":[{"digest":'
        b'{"sha256":"' + DIGEST.encode() + b'"},"name":"tagmanifest-sha256.txt"}]}'
    )


@pytest.mark.parametrize(
    ("clauses", "partial", "result"),
    [
        ([("pass", False)], False, "PASSED"),
        ([("pass", False), (None, False), ("not-applicable", False)], False, "PASSED"),
        ([("pass", False), ("unknown", False)], False, "WARNED"),
        ([("pass", False), ("fail", True)], False, "WARNED"),
        ([("pass", False), ("unknown", False), ("fail", False)], False, "FAILED"),
        ([("fail", True), ("fail", False)], False, "FAILED"),
        ([("pass", False)], True, "WARNED"),
        ([("fail", False)], True, "FAILED"),
        ([], False, "WARNED"),
        ([(None, False)], False, "WARNED"),
        ([("not-applicable", False)], False, "WARNED"),
    ],
)
def test_the_one_word(clauses: list[tuple[str | None, bool]], partial: bool, result: str) -> None:
    rows = [clause(str(n), verdict, waived=waived) for n, (verdict, waived) in enumerate(clauses)]
    assert predicate(*rows, partial=partial)["result"] == result


def test_every_clause_with_an_answer_is_named_once_in_the_documents_order() -> None:
    made = predicate(
        clause("10", "pass"),
        clause("2", "pass"),
        clause("3", "fail"),
        clause("4", "fail", waived=True),
        clause("5", "unknown"),
        clause("6", "not-applicable"),
        clause("7", None),
    )
    assert made["passedTests"] == ["acme/10", "acme/2"]
    assert made["failedTests"] == ["acme/3"]
    assert made["warnedTests"] == ["acme/4", "acme/5"]


def test_only_policies_are_its_configuration() -> None:
    files = {
        "inputs/policies/b.yaml": "sha256:" + "b" * 64,
        "inputs/policies/a.yaml": "sha256:" + "a" * 64,
        "inputs/controls/c.yaml": "sha256:" + "c" * 64,
        "plan.json": "sha256:" + "d" * 64,
    }
    made = json.loads(statement(SUMMARY, {"files": files}, DIGEST))["predicate"]["configuration"]
    assert [(one["name"], one["digest"]["sha256"][0]) for one in made] == [("a", "a"), ("b", "b")]


def test_it_is_read_back() -> None:
    body = statement(SUMMARY, ENVELOPE, DIGEST)
    assert statements.parse(body) == json.loads(body)
    assert statements.subject(statements.parse(body)) == DIGEST


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Statement/v1", "Statement/v0.1", "_type"),
        ("test-result/v0.1", "vuln/v0.1", "predicateType"),
        ("tagmanifest-sha256.txt", "manifest-sha256.txt", "subject"),
        (DIGEST, DIGEST[:-1], "subject"),
        (DIGEST, DIGEST.upper(), "subject"),
        ('"sha256":"0123', '"md5":"0", "sha256":"0123', "canonical"),
        ('"digest":{"sha256":"0123', '"digest":{"md5":"0","sha256":"0123', "subject"),
        ('"subject":[', '"subject":[{"digest":{"sha256":"0"},"name":"x"},', "subject"),
        ('"_type"', '"_type":"x","_type"', "stands twice"),
        ("}]}", "}]} ", "canonical"),
        ("}]}", "}]", "statement"),
    ],
)
def test_what_is_not_one_is_refused(old: str, new: str, reason: str) -> None:
    text = statement(SUMMARY, ENVELOPE, DIGEST).decode()
    assert old in text
    with pytest.raises(IntegrityError, match=reason):
        statements.parse(new.join(text.rsplit(old, 1)).encode())


@pytest.mark.parametrize("body", [b"[]", b"null", b"", b"\xff"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(IntegrityError):
        statements.parse(body)
