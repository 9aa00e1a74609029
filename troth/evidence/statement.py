"""What a bundle's signature says: an in-toto Statement v1 about the bag's tag manifest.

The predicate is ``test-result/v0.1``: which clauses were kept and which were not, under which
policies. The tag manifest names, through the manifest, every file of the bag: one digest for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from troth import canonical
from troth.errors import IntegrityError
from troth.model import Verdict

#: The DSSE payload type of every in-toto statement.
PAYLOAD_TYPE = "application/vnd.in-toto+json"
#: ``_type`` of a statement (in-toto Attestation Framework, Statement v1).
TYPE = "https://in-toto.io/Statement/v1"
#: ``predicateType`` of a statement (in-toto Attestation Framework, Test Result).
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
#: The file whose digest is signed, relative to the bag.
SUBJECT = "tagmanifest-sha256.txt"

_POLICY = re.compile(r"inputs/policies/(.+)\.yaml")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAKE = "ask its sender for the bundle as troth evidence pack made it"


def statement(
    summary: Mapping[str, Any], envelope: Mapping[str, Any], tagmanifest_sha256: str
) -> bytes:
    """Return the canonical JSON of the statement on a run.

    ``summary`` is results.json, ``envelope`` run.json, ``tagmanifest_sha256`` the tag manifest's
    digest in lower-case hexadecimal. A clause counts as passed or failed by its verdict, as warned
    when it is unknown or every fail of it is waived; one that does not apply, or is informative,
    is not named.
    """
    tests = _tests(summary["clauses"])
    return canonical.dumps(
        {
            "_type": TYPE,
            "predicateType": PREDICATE_TYPE,
            "subject": [{"name": SUBJECT, "digest": {"sha256": tagmanifest_sha256}}],
            "predicate": {
                "result": _result(tests, partial=bool(summary["partial"])),
                "configuration": list(_configuration(envelope["files"])),
                **tests,
            },
        }
    )


def parse(payload: bytes) -> Mapping[str, Any]:
    """Return the statement in a payload; raises :class:`~troth.errors.IntegrityError`.

    It is what :func:`statement` makes: canonical JSON with one subject, the tag manifest. Nothing
    here says that the digest is right: compare :func:`subject` with the file.
    """
    try:
        data = canonical.loads(payload)
        is_canonical = canonical.dumps(data) == payload
    except canonical.CanonicalError as error:
        raise IntegrityError(f"what is signed is no statement: {error}; {_MAKE}") from error
    if not isinstance(data, dict) or not is_canonical:
        raise IntegrityError(f"what is signed is not an object in canonical JSON; {_MAKE}")
    for key, wanted in (("_type", TYPE), ("predicateType", PREDICATE_TYPE)):
        if data.get(key) != wanted:
            told = f"{data.get(key)!r:.80}"
            raise IntegrityError(f"the statement's {key} is {told}, not {wanted}; {_MAKE}")
    if _digest(data) is None:
        text = f"the statement's subject is not {SUBJECT} with its SHA-256 and nothing else"
        raise IntegrityError(f"{text}; {_MAKE}")
    return data


def subject(data: Mapping[str, Any]) -> str:
    """Return the tag manifest's digest that a parsed statement names, in hexadecimal."""
    digest: str = data["subject"][0]["digest"]["sha256"]
    return digest


def _tests(clauses: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return passed, warned and failed clauses as ``policy/clause``, in the documents' order."""
    made: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for row in clauses:
        name = f"{row['policy']}/{row['clause']}"
        if row["verdict"] == Verdict.PASS:
            made["passedTests"].append(name)
        elif row["verdict"] == Verdict.FAIL and not row["waived"]:
            made["failedTests"].append(name)
        elif row["verdict"] in (Verdict.FAIL, Verdict.UNKNOWN):
            made["warnedTests"].append(name)
    return made


def _result(tests: Mapping[str, list[str]], *, partial: bool) -> str:
    """Return the one word; a run that was interrupted or decided nothing has not passed."""
    if tests["failedTests"]:
        return "FAILED"
    return "WARNED" if partial or tests["warnedTests"] or not tests["passedTests"] else "PASSED"


def _configuration(files: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield each policy that was judged as an in-toto ResourceDescriptor, sorted by name."""
    for path, digest in sorted(files.items()):
        if found := _POLICY.fullmatch(path):
            yield {"name": found[1], "digest": {"sha256": digest.removeprefix("sha256:")}}


def _digest(data: Mapping[str, Any]) -> str | None:
    match data.get("subject"):
        case [{"name": str(name), "digest": {"sha256": str(digest), **others}, **more}]:
            sound = name == SUBJECT and _SHA256.fullmatch(digest) and not others and not more
            return digest if sound else None
    return None
