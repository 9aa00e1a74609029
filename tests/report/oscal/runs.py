"""A run with all that OSCAL has a word for: kept, broken, waived, unknown, signed, not there."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.cli import toy
from tests.report import accounts
from troth import attestations, config, waivers
from troth.catalogue import content
from troth.checker import Checker, ObservationFailed, call
from troth.checkers.attestation import Attestations
from troth.checkers.register import Staff
from troth.collect.runner import Budget
from troth.model import Reason
from troth.plan import choose, make
from troth.report.account import Account
from troth.run import Setup, carry_out

POLICY = """
schema: 1
id: acme
title: What <Acme> promises
source: {language: en}
timezone: Asia/Tokyo
clauses:
  - id: "1.1"
    promise: Boxes are locked with 128 bits and opened every 90 days.
    assess: observed
    controls:
      - control: box-locked
        set: {min_bits: 128, max_open: P90D}
        assumed: {min_model: "1.2"}
  - id: "1.2"
    promise: Security matters to us.
    assess: informative
  - id: "2_1"
    promise: Somebody vouches for the guards.
    assess: attested
    interpretation: [A-1]
    controls: [{control: vouched}]
  - id: "2_1_obj"
    promise: Guards are awake.
    assess: attested
    awaits: [guards-awake]
  - id: "3"
    promise: Gold is signed for by the smith.
    assess: attested
    controls: [{control: golden}]
  - id: "4"
    promise: Everybody in the list is known.
    assess: attested
    controls: [{control: vouched, as: known}]
"""
VOUCHED = """
schema: 1
id: vouched
domain: governance
title: Somebody signed for it
parameters: {}
parts:
  - name: signed
    kind: attestation
    reads: [statement]
    measure: attested
    rules: [{name: signed, expect: measured.current, proves: statement, expected: a statement}]
severity: low
fix: {any: Sign it.}
frameworks: {iso-27001-2022: [A.5.4]}
"""
GOLDEN = """
schema: 1
id: golden
domain: physical
title: What is signed for gold is signed by the smith
parameters: {}
parts:
  - name: golden
    kind: attestation
    reads: [statement]
    when_empty: not-applicable
    rules:
      - name: smith
        when: facts.statement.control == "gold"
        expect: facts.statement.signer_name == "Smith"
        proves: statement
        expected: signed by the smith
severity: low
fix: {any: Have it signed.}
frameworks: {}
"""
TROTH = """
schema: 1
policies:
  - policy: acme
    targets: [boxes, dark, statements]
    set: {"1.1": {box-locked: {min_bits: 192}}}
targets:
  - {id: boxes, type: toy}
  - {id: dark, type: toy}
  - id: statements
    type: attestation
    folder: statements
    trusted_keys: [{id: ciso, path: keys/ciso.pem}]
extend: {kinds: [kinds], controls: [controls], policies: [policies]}
waivers: waivers.yaml
"""
_WAIVER = """
  - id: %s
    policy: acme
    clause: "1.1"
    resource: %s
    reason: "%s"
    owner: Rin
    approver: Kei
    ticket: SEC-1
    approved_on: "2026-01-01"
    expires_on: "2026-12-31"
"""
STATEMENT = {
    "schema": 1,
    "id": "guards",
    "control": "vouched",
    "clauses": ["acme/2_1"],
    "statement": "The guards are [trustworthy](http://evil.example/).",
    "document_sha256": None,
    "signer_name": "Kei Example",
    "signer_role": "CISO",
    "signed_on": "2026-02-01",
    "expires_on": "2027-01-31",
}


class Boxes(accounts.Boxes):
    """The boxes of the target ``boxes``; those of ``dark`` cannot be listed."""

    @call("toy:ListBoxes", actions=("toy:List",), per="partition")
    def names(self) -> Any:
        if self.target["id"] == "dark":
            raise ObservationFailed(Reason.THROTTLED, "too many questions")
        return [row["id"] for row in self._rows]


def run(
    folder: Path,
    rows: Sequence[Mapping[str, Any]] = accounts.MIXED,
    *,
    waived: str = "box-2",
    clauses: Sequence[str] = (),
) -> Account:
    """Check a workspace made in ``folder`` and return the stored run."""
    base = _furnish(folder / "workspace", waived)
    checkers: dict[str, type[Checker]] = {one.id: one for one in (Boxes, Staff, Attestations)}
    settings = config.load(base / "troth.yaml", checkers)
    accounts.ROWS[str(settings.base_dir)] = rows
    books = content.load(settings.extend, policies=["acme"], base=base)
    chosen = choose(settings, books.policies, books.controls, clauses)
    exceptions = waivers.load(base / "waivers.yaml", books.policies)
    setup = Setup(settings, books, chosen, exceptions)
    plan = make(settings, chosen, books.controls, books.kinds, checkers)
    made = base / "runs" / "20261121T000000Z-0001"
    carry_out(setup, plan, checkers, made, accounts.AS_OF, Budget(1, 30.0), threading.Event())
    return Account.of_run(made)


def _furnish(folder: Path, waived: str) -> Path:
    base = toy.furnish(folder).resolve()
    (base / "troth.yaml").write_text(TROTH)
    (base / "policies" / "acme.yaml").write_text(POLICY)
    (base / "controls" / "vouched.yaml").write_text(VOUCHED)
    (base / "controls" / "golden.yaml").write_text(GOLDEN)
    used = _WAIVER % ("w-1", waived, "It is on its way to the *smith*.")
    unused = _WAIVER % ("w-2", "box-9", "Nobody knows.")
    (base / "waivers.yaml").write_text(f"schema: 1\nwaivers:{used}{unused}")
    key = Ed25519PrivateKey.generate()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, form)
    (base / "keys" / "ciso.pem").write_bytes(pem)
    signed = attestations.sign(STATEMENT, key, "ciso")
    (base / "statements" / "guards.dsse.json").write_bytes(signed)
    return base
