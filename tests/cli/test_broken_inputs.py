"""Every broken input: exit 2, one message that points, explains and advises; nothing evaluated.

The expected texts are what a person with that file before them needs. They are written by hand.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli import toy
from troth.cli import main

Breakage = Callable[[Path], None]


def edit(file: str, old: str, new: str) -> Breakage:
    """Replace the first occurrence of a text that must be there."""

    def apply(workspace: Path) -> None:
        text = (workspace / file).read_text()
        assert old in text
        (workspace / file).write_text(text.replace(old, new, 1))

    return apply


def append(file: str, more: str) -> Breakage:
    def apply(workspace: Path) -> None:
        with (workspace / file).open("a") as end:
            end.write(more)

    return apply


def write(file: str, body: str | bytes) -> Breakage:
    def apply(workspace: Path) -> None:
        raw = body.encode() if isinstance(body, str) else body
        (workspace / file).write_bytes(raw)

    return apply


def remove(file: str) -> Breakage:
    return lambda workspace: (workspace / file).unlink()


def copy(file: str, to: str, old: str, new: str) -> Breakage:
    def apply(workspace: Path) -> None:
        (workspace / to).parent.mkdir(exist_ok=True)
        (workspace / to).write_text((workspace / file).read_text().replace(old, new))

    return apply


def folder_instead(file: str) -> Breakage:
    """Put a folder where the file was: unreadable for everybody, root too."""

    def apply(workspace: Path) -> None:
        (workspace / file).unlink()
        (workspace / file).mkdir()

    return apply


def envelope(payload_type: str) -> str:
    payload = base64.b64encode(b"{}").decode()
    made = {
        "payload": payload,
        "payloadType": payload_type,
        "signatures": [{"keyid": "ciso", "sig": "AA=="}],
    }
    return json.dumps(made)


TROTH, POLICY, CONTROL, KIND = (
    "troth.yaml",
    "policies/acme.yaml",
    "controls/box-locked.yaml",
    "kinds/box.yaml",
)
WAIVERS, STAFF = "waivers.yaml", "registers/staff.csv"
STRONG = "facts.lock.bits >= params.min_bits"
WAIVER = """\
  - id: w-1
    policy: acme
    clause: "1.1"
    reason: It was stolen.
    owner: Rin
    approver: Kei
    approved_on: "2026-01-01"
    expires_on: "2026-12-31"
"""
DEEP = "a: " + "[" * 2000 + "]" * 2000

CASES: dict[str, tuple[Breakage, str]] = {
    # --- YAML itself, in whichever file
    "not UTF-8": (
        write(POLICY, b"schema: 1\nid: acme\ntitle: caf\xe9\n"),
        "policies/acme.yaml:3:11 not UTF-8 from here on; save the file as UTF-8",
    ),
    "a tab indents": (
        edit(POLICY, "    assess: observed", "\tassess: observed"),
        "policies/acme.yaml:9:1 not YAML: a tab cannot indent; use spaces",
    ),
    "a bracket stays open": (
        edit(POLICY, "{language: en}", "{language: en"),
        "policies/acme.yaml:5:9 not YAML: did not find expected ',' or '}' "
        "for what opens at 4:9; check indentation, quotes and brackets",
    ),
    "an empty file": (
        write(POLICY, ""),
        "policies/acme.yaml:1:1 the file is empty; write its keys, or remove it",
    ),
    "a file of comments": (
        write(WAIVERS, "# to be written\n"),
        "waivers.yaml:1:1 the file is empty; write its keys, or remove it",
    ),
    "a duplicate key": (
        edit(CONTROL, "fix: {any: Lock it.}", "severity: low\nfix: {any: Lock it.}"),
        "controls/box-locked.yaml:31:1 key 'severity' stands twice; keep one",
    ),
    "no, which is false elsewhere": (
        edit(POLICY, "title: What Acme promises", "title: no"),
        "policies/acme.yaml:3:8 YAML readers disagree about no; write 'no' for the text, or false",
    ),
    "a date without quotes": (
        edit(WAIVERS, '"2026-01-01"', "2026-01-01"),
        "waivers.yaml:10:18 YAML readers disagree about 2026-01-01; write it as '2026-01-01'",
    ),
    "a time without quotes": (
        edit(POLICY, "min_bits: 128", "min_bits: 22:30"),
        "policies/acme.yaml:13:21 YAML readers disagree about 22:30; write it as '22:30'",
    ),
    "an alias": (
        edit(TROTH, "[kinds]\n  controls: [controls]", "&all [kinds]\n  controls: *all"),
        "troth.yaml:16:10 an alias leads here; write the value out",
    ),
    "a tag": (
        edit(POLICY, "title: What", "title: !!binary What"),
        "policies/acme.yaml:3:8 the tag tag:yaml.org,2002:binary is not read here; "
        "write plain JSON values",
    ),
    "nested without end": (
        write(WAIVERS, DEEP),
        "waivers.yaml is nested too deeply; make it flatter",
    ),
    "a list instead of a mapping": (
        write(WAIVERS, "- id: w-1\n"),
        "waivers.yaml:1:1 the file is a list, not keys and values; write schema: 1 first",
    ),
    # --- every format: keys and types
    "an unknown schema number": (
        edit(POLICY, "schema: 1", "schema: 2"),
        "policies/acme.yaml:1:9 schema 2 is not known to this version; write schema: 1",
    ),
    "a misspelt key": (
        edit(POLICY, "assess: observed", "asses: observed"),
        "policies/acme.yaml:9:5 clause 1.1: unknown key 'asses'; did you mean 'assess'?",
    ),
    "a key that resembles nothing": (
        edit(WAIVERS, "owner: Rin", "owner: Rin\n    zzz: 1"),
        "waivers.yaml:9:5 waiver w-1: unknown key 'zzz'; use one of: approved_on, approver, "
        "clause, control, expires_on, id, owner, policy, reason, resource, target, ticket",
    ),
    "a missing key": (
        edit(POLICY, "    assess: observed\n", ""),
        "policies/acme.yaml:7:5 clause 1.1: key 'assess' is missing; add it",
    ),
    "a number where text belongs": (
        edit(POLICY, 'id: "1.1"', "id: 1.1"),
        "policies/acme.yaml:7:9 id: 1.1 is a number, not text; put it in quotes",
    ),
    "text where a list belongs": (
        edit(CONTROL, "reads: [lock]", "reads: lock"),
        'controls/box-locked.yaml:12:12 part locked: reads: "lock" is text, not a list; '
        "write [one, two]",
    ),
    "a value that is no choice": (
        edit(CONTROL, "severity: high", "severity: hihg"),
        "controls/box-locked.yaml:30:11 severity: unknown value 'hihg'; did you mean 'high'?",
    ),
    "a date that does not exist": (
        edit(WAIVERS, '"2026-12-31"', '"2026-02-30"'),
        'waivers.yaml:11:17 waiver w-1: expires_on: "2026-02-30" is not a date; '
        "write one like '2026-11-21'",
    ),
    # --- kinds
    "a kind whose example is wrong": (
        edit(KIND, "bits: 256", "bits: many"),
        'kinds/box.yaml:18:5 the example of facet \'lock\': bits: "many" is not of type "integer"',
    ),
    "an age in words": (
        edit(KIND, "max_age: P1D", "max_age: a day"),
        "kinds/box.yaml:8:14 max_age: 'a day' is not an ISO 8601 duration; "
        "write P90D, P6M, P1Y or PT26H",
    ),
    # --- controls
    "a control whose id is not its file's name": (
        edit(CONTROL, "id: box-locked", "id: box-closed"),
        "controls/box-locked.yaml:2:5 the id is 'box-closed', the file's name says "
        "'box-locked'; make them the same",
    ),
    "an unknown kind": (
        edit(CONTROL, "kind: box", "kind: boxx"),
        "controls/box-locked.yaml:11:11 unknown kind 'boxx'; did you mean 'box'?",
    ),
    "an unknown facet": (
        edit(CONTROL, "reads: [lock]", "reads: [lock, lok]"),
        "controls/box-locked.yaml:12:19 unknown facet 'lok'; did you mean 'lock'?",
    ),
    "an unknown fact": (
        edit(CONTROL, "facts.lock.bits", "facts.lock.bit"),
        "controls/box-locked.yaml:19:17 facts.lock.bit: unknown fact 'bit'; did you mean 'bits'?",
    ),
    "an unknown parameter in a rule": (
        edit(CONTROL, "params.min_bits", "params.min_bit"),
        "controls/box-locked.yaml:19:17 unknown parameter 'min_bit'; did you mean 'min_bits'?",
    ),
    "an unknown parameter in words": (
        edit(CONTROL, "a lock of {min_bits} bits", "a lock of {min_bit} bits"),
        "controls/box-locked.yaml:21:19 unknown parameter 'min_bit'; did you mean 'min_bits'?",
    ),
    "an unknown measure": (
        edit(CONTROL, "reads: [lock]", "reads: [lock]\n    measure: covered-value"),
        "controls/box-locked.yaml:13:14 unknown measure 'covered-value'; "
        "did you mean 'covered-values'?",
    ),
    "an unknown parameter in a measure": (
        edit(
            CONTROL,
            "reads: [lock]",
            "reads: [lock]\n    measure: covered-values\n"
            "    with: {field: lock.holders, wanted: params.min_bit}",
        ),
        "controls/box-locked.yaml:14:41 unknown parameter 'min_bit'; did you mean 'min_bits'?",
    ),
    "a request of the wrong type": (
        edit(
            CONTROL, "reads: [lock]", "reads: [lock]\n    request: {lock: {since: params.min_bits}}"
        ),
        "controls/box-locked.yaml:13:29 'since' asks for a duration, "
        "parameter 'min_bits' is of type integer; use another",
    ),
    "a request for nothing": (
        edit(CONTROL, "reads: [lock]", "reads: [lock]\n    request: {lock: {since: a week}}"),
        "controls/box-locked.yaml:13:29 'a week' is not an ISO 8601 duration; "
        "write P90D, P6M, P1Y or PT26H",
    ),
    "a parameter that nothing reads": (
        edit(CONTROL, "parameters:\n", "parameters:\n  colour: {type: string, stricter: none}\n"),
        "controls/box-locked.yaml:6:3 parameter 'colour' is read by no rule; "
        "read it, or take it away",
    ),
    "a rule that is not CEL": (
        edit(CONTROL, STRONG, "facts.lock.bits => params.min_bits"),
        "controls/box-locked.yaml:19:17 not CEL: '=' at character 17 is not known; "
        "did you mean '>='?",
    ),
    "has() in a rule": (
        edit(CONTROL, STRONG, f"has(facts.lock.bits) && {STRONG}"),
        "controls/box-locked.yaml:19:17 has() hides a fact that could not be read; "
        "compare the fact itself",
    ),
    "an unguarded all()": (
        edit(
            CONTROL,
            STRONG,
            f"{STRONG} && facts.lock.holders.items.all(h, h != '') && facts.lock.holders.complete",
        ),
        "controls/box-locked.yaml:19:17 facts.lock.holders.items.all(…) is true of an empty list; "
        "add 'facts.lock.holders.items.size() > 0 &&' before it, "
        "or 'facts.lock.holders.items.size() == 0 ||' if empty is fine",
    ),
    "a list that may be incomplete": (
        edit(CONTROL, STRONG, f"{STRONG} && facts.lock.holders.items.size() > 0"),
        "controls/box-locked.yaml:19:17 facts.lock.holders.items may be incomplete; "
        "the rule must read facts.lock.holders.complete too",
    ),
    "a default of the wrong type": (
        edit(
            CONTROL,
            "{type: duration, stricter: lower}",
            "{type: duration, stricter: lower, default: 90 days}",
        ),
        "controls/box-locked.yaml:8:56 parameter max_open: '90 days' is not an ISO 8601 duration; "
        "write P90D, P6M, P1Y or PT26H",
    ),
    # --- policies
    "a policy whose id is not its file's name": (
        edit(POLICY, "id: acme", "id: acne"),
        "policies/acme.yaml:2:5 the id is 'acne', the file's name says 'acme'; make them the same",
    ),
    "a misspelt control": (
        edit(POLICY, "control: box-locked", "control: box-lockd"),
        "policies/acme.yaml:11:18 clause 1.1: unknown control 'box-lockd'; "
        "did you mean 'box-locked'?",
    ),
    "a control that nobody wrote": (
        edit(POLICY, "control: box-locked", "control: zebra"),
        "policies/acme.yaml:11:18 clause 1.1: unknown control 'zebra'; "
        "write it, or list it in awaits:",
    ),
    "a misspelt parameter": (
        edit(POLICY, "min_bits: 128", "min_bist: 128"),
        "policies/acme.yaml:13:11 clause 1.1: unknown parameter 'min_bist'; "
        "did you mean 'min_bits'?",
    ),
    "a parameter without a value": (
        edit(POLICY, "          min_bits: 128\n", ""),
        "policies/acme.yaml:11:9 clause 1.1: parameter 'min_bits' has no value; "
        "state it under set:, or choose one under assumed:",
    ),
    "a duration in words": (
        edit(POLICY, "max_open: P90D", "max_open: 90 days"),
        "policies/acme.yaml:14:21 clause 1.1: max_open: '90 days' is not an ISO 8601 duration; "
        "write P90D, P6M, P1Y or PT26H",
    ),
    "a version that is a number": (
        edit(POLICY, 'min_model: "1.2"', "min_model: 1.2"),
        "policies/acme.yaml:16:22 clause 1.1: min_model: 1.2 is not a version; "
        "write '1.2' in quotes",
    ),
    "a whole number in quotes": (
        edit(POLICY, "min_bits: 128", 'min_bits: "128"'),
        "policies/acme.yaml:13:21 clause 1.1: min_bits: '128' is not a whole number; "
        "write one without quotes",
    ),
    "stated and assumed": (
        edit(POLICY, 'min_model: "1.2"', 'min_model: "1.2"\n          min_bits: 64'),
        "policies/acme.yaml:17:11 clause 1.1: 'min_bits' is stated and assumed; keep one",
    ),
    "a clause id twice": (
        edit(POLICY, 'id: "1.2"', 'id: "1.1"'),
        "policies/acme.yaml:17:9 clause '1.1' stands twice; ids are never reused",
    ),
    "a clause that nothing decides": (
        edit(POLICY, "assess: informative", "assess: recorded"),
        "policies/acme.yaml:17:5 clause 1.2: nothing decides it; bind a control, "
        "or list one in awaits:",
    ),
    "a control bound twice under one name": (
        edit(
            POLICY,
            "    controls:\n",
            "    controls:\n      - control: box-locked\n"
            "        set: {min_bits: 1, max_open: P1D, min_model: '1.0'}\n",
        ),
        "policies/acme.yaml:13:9 clause 1.1: 'box-locked' is bound twice; name each with as:",
    ),
    "awaiting what is written": (
        edit(POLICY, "assess: observed", "assess: observed\n    awaits: [box-locked]"),
        "policies/acme.yaml:10:14 clause 1.1: control 'box-locked' is written; "
        "bind it under controls:",
    ),
    "an unknown time zone": (
        edit(POLICY, "Asia/Tokyo", "Asia/Tokio"),
        "policies/acme.yaml:5:11 unknown time zone 'Asia/Tokio'; did you mean 'Asia/Tokyo'?",
    ),
    "a control that takes a shipped one's place": (
        copy(CONTROL, "controls/log-retention.yaml", "id: box-locked", "id: log-retention"),
        "controls/log-retention.yaml:2:5 control 'log-retention' comes with troth; "
        "rename it, or write replaces: log-retention",
    ),
    "two files of one control": (
        copy(CONTROL, "controls/more/box-locked.yaml", "high", "low"),
        "controls/more/box-locked.yaml:2:5 control 'box-locked' is already in "
        "controls/box-locked.yaml; rename it",
    ),
    "a folder where the policy should be": (
        folder_instead(POLICY),
        "policies/acme.yaml cannot be read: Is a directory; check the path and its permissions",
    ),
    # --- troth.yaml
    "an unknown policy": (
        edit(TROTH, "policy: acme", "policy: acmee"),
        "troth.yaml:3:13 unknown policy 'acmee'; did you mean 'acme'?",
    ),
    "a policy file that is not there": (
        edit(TROTH, "policy: acme", "policy: promises/acme.yaml"),
        "troth.yaml:3:13 there is no file 'promises/acme.yaml'; correct the path, or write it",
    ),
    "a policy selected twice": (
        edit(TROTH, "targets:\n", "  - policy: acme\ntargets:\n"),
        "troth.yaml:4:13 policy 'acme' is selected twice; keep one",
    ),
    "an unknown target type": (
        edit(TROTH, "type: toy", "type: tooy"),
        "troth.yaml:6:11 unknown target type 'tooy'; did you mean 'toy'?",
    ),
    "an unknown checker": (
        edit(TROTH, "type: toy", "type: toy\n    checkers: [toy.bax]"),
        "troth.yaml:7:16 unknown checker 'toy.bax'; did you mean 'toy.box'?",
    ),
    "a target's misspelt key": (
        edit(TROTH, "type: toy", "type: toy\n    boxs: weak"),
        "troth.yaml:7:5 target boxes: unknown key 'boxs'; did you mean 'boxes'?",
    ),
    "a target's wrong value": (
        edit(TROTH, "type: toy", "type: toy\n    boxes: wek"),
        "troth.yaml:7:12 target boxes: boxes: unknown value 'wek'; did you mean 'weak'?",
    ),
    "a target's missing key": (
        edit(TROTH, "    folder: registers\n", ""),
        "troth.yaml:7:5 target lists: key 'folder' is missing; add it",
    ),
    "a target twice": (
        edit(TROTH, "id: lists", "id: boxes"),
        "troth.yaml:7:9 target 'boxes' stands twice; rename one",
    ),
    "a policy at an unknown target": (
        edit(TROTH, "policy: acme", "policy: acme\n    targets: [boxs]"),
        "troth.yaml:4:15 unknown target 'boxs'; did you mean 'boxes'?",
    ),
    "a value looser than stated": (
        edit(TROTH, "policy: acme", 'policy: acme\n    set: {"1.1": {box-locked: {min_bits: 64}}}'),
        "troth.yaml:4:42 clause 1.1 promises min_bits 128; 64 is looser; set it stricter",
    ),
    "a value for an unknown clause": (
        edit(
            TROTH, "policy: acme", 'policy: acme\n    set: {"1.11": {box-locked: {min_bits: 256}}}'
        ),
        "troth.yaml:4:11 unknown clause '1.11'; did you mean '1.1'?",
    ),
    "a value for a control that is not bound": (
        edit(TROTH, "policy: acme", 'policy: acme\n    set: {"1.1": {box-loked: {min_bits: 256}}}'),
        "troth.yaml:4:19 clause 1.1: unknown control 'box-loked'; did you mean 'box-locked'?",
    ),
    "a class that is not CEL": (
        edit(TROTH, 'tag("tier") == "critical"', 'tag("tier") = "critical"'),
        "troth.yaml:20:13 not CEL: '=' at character 13 is not known; did you mean '=='?",
    ),
    "a class over what is not there": (
        edit(TROTH, 'tag("tier") == "critical"', 'label("tier") == "critical"'),
        "troth.yaml:20:13 function 'label' is not known here; "
        "use tag, matches, startsWith, endsWith or contains",
    ),
    "a class that is no condition": (
        edit(TROTH, 'tag("tier") == "critical"', 'tag("tier")'),
        "troth.yaml:20:13 'tag(\"tier\")' is not a condition; compare it with something",
    ),
    "a class that compares a tag with a number": (
        edit(TROTH, 'tag("tier") == "critical"', 'tag("tier") > 3'),
        "troth.yaml:20:13 'tag(\"tier\") > 3' cannot be evaluated: No such overload; correct it",
    ),
    "an absent kind that does not exist": (
        edit(
            TROTH,
            "policy: acme",
            "policy: acme\n    absent: [{kind: bx, owner: Rin, reason: none}]",
        ),
        "troth.yaml:4:21 unknown kind 'bx'; did you mean 'box'?",
    ),
    "a folder to extend with that is not there": (
        edit(TROTH, "controls: [controls]", "controls: [contrls]"),
        "troth.yaml:17:14 there is no folder 'contrls'; correct the path, or make it",
    ),
    "a password in the store of the history": (
        append(TROTH, "history: {store: 'postgresql://troth:hunter2@db.example/history'}\n"),
        "troth.yaml:22:18 a password stands here, and every run keeps a copy of this file; take it "
        "out, and let ~/.pgpass, PGPASSWORD or the whole URL in TROTH_HISTORY give it",
    ),
    "a short password, which looks like none": (
        append(TROTH, "history: {store: 'postgresql://troth:a/b@db.example/history'}\n"),
        "troth.yaml:22:18 a password stands here, and every run keeps a copy of this file; take it "
        "out, and let ~/.pgpass, PGPASSWORD or the whole URL in TROTH_HISTORY give it",
    ),
    "a password among the options of the store": (
        append(TROTH, "history:\n  store: postgresql://db/h?user=troth&Password=hunter2\n"),
        "troth.yaml:23:10 a password stands here, and every run keeps a copy of this file; take it "
        "out, and let ~/.pgpass, PGPASSWORD or the whole URL in TROTH_HISTORY give it",
    ),
    "a store of another database": (
        append(TROTH, "history: {store: 'mysql://db.example/history'}\n"),
        "troth.yaml:22:18 a history is kept in a file or in PostgreSQL; "
        "write a path or postgresql://HOST/NAME",
    ),
    "a store without a place": (
        append(TROTH, "history: {scope: main}\n"),
        "troth.yaml:22:10 key 'store' is missing; add it",
    ),
    "a scope with a blank": (
        append(TROTH, "history: {store: history.db, scope: Team A}\n"),
        'troth.yaml:22:37 scope: "Team A" does not fit; '
        "write lower-case letters and digits, joined by '-', '.' or '_'",
    ),
    "an address where the name of a variable belongs": (
        append(TROTH, "notify: [{url: 'https://chat.example/x'}]\n"),
        "troth.yaml:22:16 url: this is no name of an environment variable; "
        "write one like TROTH_SLACK, and set it",
    ),
    "an address of a ping where the name of a variable belongs": (
        append(TROTH, "ping: https://ping.example/x\n"),
        "troth.yaml:22:7 ping: this is no name of an environment variable; "
        "write one like TROTH_SLACK, and set it",
    ),
    # --- waivers
    "an approver who owns the risk": (
        edit(WAIVERS, "approver: Kei", "approver: Rin"),
        "waivers.yaml:9:15 waiver w-1: Rin owns it too; somebody else has to approve",
    ),
    "a waiver for an unknown clause": (
        edit(WAIVERS, 'clause: "1.1"', 'clause: "1.3"'),
        "waivers.yaml:5:13 waiver w-1: unknown clause '1.3'; did you mean '1.2'?",
    ),
    "a waiver for a clause like no other": (
        edit(WAIVERS, 'clause: "1.1"', "clause: annex"),
        "waivers.yaml:5:13 waiver w-1: unknown clause 'annex'; troth list clauses shows them",
    ),
    "a waiver for an unknown policy": (
        edit(WAIVERS, "policy: acme", "policy: acm"),
        "waivers.yaml:4:13 waiver w-1: unknown policy 'acm'; did you mean 'acme'?",
    ),
    "a waiver that ends before it was approved": (
        edit(WAIVERS, '"2026-12-31"', '"2025-12-31"'),
        "waivers.yaml:11:17 waiver w-1: 2025-12-31 lies before approved_on; correct one of them",
    ),
    "a waiver id twice": (
        append(WAIVERS, WAIVER),
        "waivers.yaml:12:9 waiver w-1: this id stands twice; rename one",
    ),
    "a waiver without an end": (
        edit(WAIVERS, '    expires_on: "2026-12-31"\n', ""),
        "waivers.yaml:3:5 waiver w-1: key 'expires_on' is missing; add it",
    ),
    "waivers that are not there": (
        remove(WAIVERS),
        "troth.yaml:21:10 there is no file 'waivers.yaml'; correct the path, or write it",
    ),
    # --- registers
    "a register's unknown column": (
        edit(STAFF, "worker_type", "worker_typ"),
        "registers/staff.csv:4:11 unknown column 'worker_typ'; did you mean 'worker_type'?",
    ),
    "a register without its date": (
        edit(STAFF, "# exported_at: 2026-11-20T18:00:00+09:00\n", ""),
        "registers/staff.csv:1:1 comment 'exported_at' is missing; "
        "add it, like 2026-11-20T18:00:00+09:00",
    ),
    "a register's key twice": (
        edit(STAFF, "p-02", "p-01"),
        "registers/staff.csv:6:1 person_id 'p-01' stands already in line 5; keep one row",
    ),
    "a register in two files": (
        write("registers/staff.yaml", "schema: 1\n"),
        "registers/staff.csv the register is also in registers/staff.yaml; keep one of them",
    ),
    "a register that is not UTF-8": (
        write(STAFF, b"# register: staff\n# source: caf\xe9\n"),
        "registers/staff.csv:2:1 not UTF-8 in this line; save the file as UTF-8 "
        "(in a spreadsheet: CSV UTF-8)",
    ),
    # --- attestations
    "an attestation that is not one": (
        write("statements/oath.dsse.json", '{"statement": "trust us"}'),
        "statements/oath.dsse.json not a DSSE envelope: 'signatures' is not a list of at least "
        "one signature; sign the statement again",
    ),
    "an envelope of something else": (
        write("statements/oath.dsse.json", envelope("application/vnd.in-toto+json")),
        "statements/oath.dsse.json payloadType is 'application/vnd.in-toto+json', not "
        "application/vnd.troth.attestation+json; keep other envelopes in another folder",
    ),
    "a trusted key that is not there": (
        remove("keys/ciso.pem"),
        "keys/ciso.pem cannot be read: No such file or directory; "
        "check the path and its permissions",
    ),
    "a trusted key that is none": (
        write("keys/ciso.pem", "ssh-ed25519 AAAA\n"),
        "keys/ciso.pem trusted key 'ciso': not a public key in PEM; "
        "write one with openssl pkey -pubout",
    ),
}


def nothing_was_evaluated(workspace: Path) -> bool:
    return not (workspace / "runs").exists() and not (workspace / "called.log").exists()


def test_the_workspace_is_sound_before_it_is_broken(workspace: Path) -> None:
    assert main(["check", "--as-of", "2026-11-21T00:00:00+00:00", "-q"]) == 0
    assert not nothing_was_evaluated(workspace)


@pytest.mark.parametrize("name", CASES)
def test_one_message_and_nothing_evaluated(
    name: str, workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    breakage, message = CASES[name]
    breakage(workspace)
    code = main(["check", "--as-of", "2026-11-21T00:00:00+00:00"])
    out, err = capfd.readouterr()
    assert (err, out, code) == (message + "\n", "", 2)
    assert nothing_was_evaluated(workspace)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["check", "--config", "nowhere.yaml"],
            "nowhere.yaml cannot be read: No such file or directory; "
            "check the path and its permissions",
        ),
        (
            ["check", "--controls", "nowhere"],
            "nowhere is not a folder; correct the path, or make it",
        ),
        (
            ["check", "--clause", "acme/9.*"],
            "troth: no clause matches acme/9.*; troth list clauses shows them",
        ),
        (
            ["check", "--as-of", "2026-11-21"],
            "troth: '2026-11-21' is not an instant with its offset; "
            "write 2026-11-21T00:00:00+00:00",
        ),
        (
            ["check", "-o", "jsn=x"],
            "troth: unknown output format 'jsn'; did you mean 'json'?",
        ),
        (
            ["check", "-o", "json", "-o", "junit"],
            "troth: json and junit cannot both go to standard output; give one a path",
        ),
        (
            ["check", "--gate", "observd"],
            "troth: --gate: unknown assessment 'observd'; did you mean 'observed'?",
        ),
        (
            ["check", "--run", "registers"],
            "registers cannot be made: File exists; choose another folder with --run",
        ),
        (
            ["check", "-o", "json=nowhere/x.json"],
            "troth: nowhere/x.json cannot be written: there is no folder nowhere; make it",
        ),
        (
            [
                "coverage",
                "acmee",
                "--policies",
                "policies",
                "--kinds",
                "kinds",
                "--controls",
                "controls",
            ],
            "troth: unknown policy 'acmee'; did you mean 'acme'?",
        ),
        (["replay", "nowhere"], "troth: 'nowhere' is not a run folder; troth list runs shows them"),
        (["report", "nowhere"], "troth: 'nowhere' is not a run folder; troth list runs shows them"),
        (["test", "zebra"], "troth: there is no control 'zebra'; troth list controls shows them"),
        (
            ["explain", "acme/9"],
            "troth: there is no clause or control 'acme/9'; "
            "try troth list clauses, troth list controls",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_the_command_line_names_is_not_there(
    arguments: list[str], message: str, workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = main(arguments)
    out, err = capfd.readouterr()
    assert (err, out, code) == (message + "\n", "", 2)
    assert nothing_was_evaluated(workspace)


def test_there_is_no_configuration_here_or_above(
    workspace: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "deep" / ".git").mkdir(parents=True)
    monkeypatch.chdir(workspace / "deep")
    code = main(["check"])
    out, err = capfd.readouterr()
    wanted = (
        "troth: there is no troth.yaml here or above; "
        "write one, name one with --config, or run troth demo\n"
    )
    assert (err, out, code) == (wanted, "", 2)


def test_every_fault_of_a_file_is_told_at_once(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    edit(POLICY, "Asia/Tokyo", "Asia/Tokio")(workspace)
    edit(POLICY, "min_bits: 128", "min_bits: many")(workspace)
    assert main(["check"]) == 2
    assert capfd.readouterr().err.splitlines() == [
        "policies/acme.yaml:5:11 unknown time zone 'Asia/Tokio'; did you mean 'Asia/Tokyo'?",
        "policies/acme.yaml:13:21 clause 1.1: min_bits: 'many' is not a whole number; "
        "write one without quotes",
    ]


def test_a_hostile_name_cannot_move_the_cursor(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    edit(POLICY, "assess: observed", '"as\\e[2Jsess": observed')(workspace)
    assert main(["check"]) == 2
    err = capfd.readouterr().err
    assert "unknown key 'as\N{REPLACEMENT CHARACTER}[2Jsess'" in err


@pytest.mark.parametrize(
    "command",
    [["check"], ["plan"], ["validate"], ["list", "targets"], ["list", "waivers"], ["list", "runs"]],
    ids=" ".join,
)
def test_whatever_reads_a_broken_file_says_so(
    command: list[str], workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    breakage, message = CASES["a misspelt parameter"]
    breakage(workspace)
    code = main(command)
    out, err = capfd.readouterr()
    assert (err, out, code) == (message + "\n", "", 2)
    assert nothing_was_evaluated(workspace)


def test_a_single_file_can_be_validated(workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    breakage, message = CASES["a duration in words"]
    own = ["--controls", "controls", "--kinds", "kinds"]
    assert main(["validate", *own, POLICY]) == 0
    assert capfd.readouterr().out == "1 policy valid\n"
    breakage(workspace)
    assert main(["validate", *own, POLICY]) == 2
    assert capfd.readouterr().err == message + "\n"


@pytest.mark.parametrize("name", ["a misspelt key", "a register's key twice", "a tab indents"])
def test_the_installed_command_says_the_same(name: str, workspace: Path, installed: Path) -> None:
    breakage, message = CASES[name]
    breakage(workspace)
    troth = Path(sys.executable).parent / "troth"
    environment = toy.environment(installed)
    done = subprocess.run(
        [troth, "check"],
        cwd=workspace,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.stdout, done.returncode) == (message + "\n", "", 2)
    assert nothing_was_evaluated(workspace)
