"""What a scanned system wrote, or a locale, must not break an output or hide an unknown."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as Tree

import pytest

from tests.cli import toy
from troth.report import console, junit
from troth.report.account import Account
from troth.report.findings import kept
from troth.report.words import harmless

if TYPE_CHECKING:
    from troth.report import Writer

TROTH = Path(sys.executable).parent / "troth"


def parsed(body: str | bytes) -> Tree.Element:
    """Return the root of a document that troth wrote."""
    return Tree.fromstring(body)  # noqa: S314 - our own output


def results(*verdicts: str, resource: str = "box-1", waived: bool = False) -> Account:
    """Return a clause with a finding for each verdict; ``waived``: every fail is."""
    verdict = next(v for v in ("fail", "unknown", "pass") if v in verdicts)
    clause: dict[str, Any] = {"policy": "acme", "clause": "1.1", "promise": "Boxes are locked",
              "assess": "observed", "verdict": verdict, "waived": waived,
              "findings": {found: verdicts.count(found) for found in verdicts}}  # fmt: skip
    findings: list[dict[str, Any]] = []
    for index, found in enumerate(verdicts):
        row: dict[str, Any] = {"policy": "acme", "clause": "1.1", "control": "locked", "part": "p",
               "target": "t", "resource": resource, "verdict": found,
               "why": f"because {index}"}  # fmt: skip
        row |= {"reason": "timeout"} if found == "unknown" else {}
        if found == "fail" and waived:
            row |= {"waiver": {"id": "w", "expires_on": "2026-12-31", "reason": "smith"}}
        findings.append(row)
    summary = {"as_of": "2026-11-21T00:00:00+00:00", "partial": False, "clauses": [clause],
               "policies": [{"id": "acme", "title": "Acme"}], "waivers": []}  # fmt: skip
    return Account(Path(), summary, kept(findings), {})


def written(form: Writer, account: Account) -> str:
    out = io.StringIO()
    form(account, out)
    return out.getvalue()


@pytest.mark.parametrize("sign", ["\ufffe", "\uffff", "\ufdd0", "\U0001ffff", "\x1b", "\x00"])
def test_no_name_makes_a_junit_file_unreadable(sign: str) -> None:
    """XML 1.0 knows no noncharacters: a CI system would drop the whole file."""
    text = written(junit.write, results("fail", resource=f"box{sign}1"))
    assert parsed(text.encode()).find(".//failure") is not None


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u202e", "\x9b", "\ufdd0"])
def test_no_sign_of_a_name_starts_a_line_or_steers_a_terminal(sign: str) -> None:
    assert harmless(f"a{sign}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_a_waiver_does_not_turn_what_is_unknown_beside_it_green_in_junit() -> None:
    root = parsed(written(junit.write, results("fail", "unknown", waived=True)).encode())
    error = root.find(".//error")
    assert error is not None
    assert "because 1" in (error.text or "")
    assert root.find(".//skipped") is None
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("errors"), suite.get("skipped")) == ("1", "0")


def test_a_waiver_does_not_hide_what_is_unknown_beside_it_in_text() -> None:
    assert "because 1" in written(console.write, results("fail", "unknown", waived=True))


def test_files_and_streams_do_not_depend_on_the_locale(workspace: Path, installed: Path) -> None:
    """A JUnit file is UTF-8 and says so; text goes to a Latin terminal without a traceback."""
    old = {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
    }
    policy = workspace / "policies" / "acme.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("promise: ", "promise: ü ", 1),
                      encoding="utf-8")  # fmt: skip
    done = subprocess.run(
        [TROTH, "check", "--run", "run", "-o", "junit=out.xml", "-o", "text"],
        cwd=workspace, env=toy.environment(installed) | old, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr
    body = (workspace / "out.xml").read_bytes()
    assert b"encoding='utf-8'" in body.splitlines()[0].lower()
    assert "ü" in str(next(iter(parsed(body).iter("testcase"))).get("name"))
