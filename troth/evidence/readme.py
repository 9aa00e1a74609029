"""README.txt of a bag: for somebody who got one file and has never heard of troth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troth.evidence import show
from troth.report.words import harmless, taken_over

_FILES = """\
What lies where
---------------
data/report.html        everything for reading, in any browser, without a network
data/findings.csv       every finding, for a spreadsheet
data/oscal/             the same for programs that read OSCAL (NIST)
data/results.json       the verdict of every clause
data/findings.jsonl     every finding, one JSON object a line
data/run.json           who looked when, with which versions; the digest of every file of the run
data/plan.json          every read that was planned, with the permissions that it takes
data/inputs/            policies, controls, waivers, signed statements: as they were used, unchanged
data/population/        per place: what was asked, how much was listed, read, not read, left out
data/observations/      what was seen, a line per resource, with the time of the reading
data/facts/             the facts themselves; a file's name is its own SHA-256, and findings name it
bag-info.txt            who packed it, and until when it has to be kept
manifest-sha256.txt     the SHA-256 of every file below data/
tagmanifest-sha256.txt  the SHA-256 of every file beside data/; its own SHA-256 is what is signed
signatures/             the signatures: Sigstore bundles that hold an in-toto statement
verify.sh               checks all of this with openssl and sha256sum

How to check it
---------------
Get the signer's public key (key.pem) from the signer by another way than this bag: a key that
came with it proves nothing. Then, in the folder above this one:

    sh BAG/verify.sh BAG key.pem

Take verify.sh from somewhere you trust, or read it first: it is short. By hand:

    sha256sum --strict --quiet -c tagmanifest-sha256.txt
    sha256sum --strict --quiet -c manifest-sha256.txt

say that nothing was changed after the tag manifest was written, but not by whom it was written:
that says the signature. With troth, "troth evidence verify BAG --key key.pem" does all of it, and
"troth replay BAG" judges the recorded facts again, offline, and compares the verdicts.

What it proves, and what not
----------------------------
The holder of the key says that these facts were read at these times, and that these verdicts follow
from them under these policies. "unknown" means that something could not be seen; the reason stands
beside it. It is never counted as kept. What was not listed (see data/population/) was not judged.
"""


def text(summary: Mapping[str, Any], envelope: Mapping[str, Any], info: Mapping[str, str]) -> str:
    """Return the text, of 100 columns but for the titles; ``info`` is what bag-info.txt says."""
    return "\n".join([*_head(summary, envelope, info), "", _FILES])


def _head(
    summary: Mapping[str, Any], envelope: Mapping[str, Any], info: Mapping[str, str]
) -> Iterator[str]:
    yield "This folder tells whether the security promises of a document were kept, and proves it."
    yield ""
    yield f"Run            {info['External-Identifier']}"
    if "Source-Organization" in info:
        yield f"Organisation   {info['Source-Organization']}"
    yield f"Looked at      from {envelope['started_at']} to {envelope['finished_at']}"
    if older := taken_over(envelope):
        yield f"Taken over     {older}"
    yield f"Judged as of   {summary['as_of']}"
    yield f"Made with      {info['Bag-Software-Agent']}"
    if summary["partial"]:
        yield "Interrupted    this run was not finished: what was not read is unknown"
    for policy in summary["policies"]:
        rows = [row for row in summary["clauses"] if row["policy"] == policy["id"]]
        yield ""
        yield f"{policy['id']}: {harmless(policy['title'])}"
        yield f"  {show.counts(rows)}"
