"""The alert rules name metrics, labels and values that troth writes.

The expressions are not evaluated: there is no Prometheus here.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.examples.estate import EXAMPLES, bare, document, furnish
from tests.house.tree import TROTH
from troth.model import Reason, Severity, Verdict

RULES = [rule for group in document("prometheus/alerts.yaml")["groups"] for rule in group["rules"]]
each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])

_WAIVERS = """
schema: 1
waivers:
  - id: d-1-late
    policy: shop
    clause: "1"
    resource: deletion-requests/d-1
    reason: The archive was closed for repair.
    owner: Rin Example
    approver: Kei Example
    approved_on: "2026-01-01"
    expires_on: "9999-12-31"
"""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Return every sample that a run writes in which something is broken and waived."""
    folder = furnish(tmp_path_factory.mktemp("a") / "shop", "broken", more="waivers: w.yaml\n")
    (folder / "w.yaml").write_text(_WAIVERS, encoding="utf-8")
    path = folder / "troth.prom"
    subprocess.run(
        [TROTH, "check", "-q", "-o", f"openmetrics={path}"], cwd=folder, env=bare(),
        stdout=subprocess.DEVNULL, timeout=120, check=False,
    )  # fmt: skip
    text = path.read_text(encoding="utf-8")
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return [sample for family in families for sample in family.samples]


def _asked(expr: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each metric of an expression with the values that its labels are compared with."""
    for name, inside in re.findall(r"\b(troth_\w+)(?:\{([^}]*)\})?", expr):
        yield name, dict(re.findall(r'(\w+)=~?"([^"]*)"', inside))


#: Values that a label may have although this run has none of them.
_VALUES = {
    "verdict": {verdict.value for verdict in Verdict},
    "reason": {reason.value for reason in Reason},
    "severity": {severity.name.lower() for severity in Severity},
    "state": {"used", "unused", "expired", "not yet valid"},
    "waived": {"true", "false"},
}


@each_rule
def test_it_asks_for_what_is_written(rule: dict[str, str], samples: list[Sample]) -> None:
    written = {sample.name: set(sample.labels) for sample in samples}
    # A run without an unknown has no sample of this one; docs/formats.md tells its labels.
    written.setdefault("troth_unknown_findings", {"policy", "reason"})
    asked = list(_asked(rule["expr"]))
    assert asked
    for name, labels in asked:
        assert name in written
        assert labels.keys() <= written[name]
        for label, values in labels.items():
            assert set(values.split("|")) <= _VALUES[label]


@each_rule
def test_it_tells_with_labels_that_there_are(rule: dict[str, Any], samples: list[Sample]) -> None:
    names = {name for name, _ in _asked(rule["expr"])}
    known = {label for sample in samples if sample.name in names for label in sample.labels}
    known |= {"policy", "reason"} if "troth_unknown_findings" in names else set()
    annotations = rule["annotations"]
    assert set(annotations) == {"summary", "description"}
    told = set(re.findall(r"\$labels\.(\w+)", str(annotations)))
    assert told <= known


@each_rule
def test_it_has_the_form_of_a_rule(rule: dict[str, str]) -> None:
    assert rule.keys() - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert re.fullmatch(r"[A-Z][A-Za-z]+", rule["alert"])
    for opening, closing in ("()", "{}"):
        assert rule["expr"].count(opening) == rule["expr"].count(closing)


def test_the_names_of_the_rules_are_different() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_a_waived_clause_raises_no_alarm(samples: list[Sample]) -> None:
    """The difference in PromiseBroken is of two numbers with the same labels but ``verdict``."""
    broken = {
        sample.labels["policy"]: sample.value
        for sample in samples
        if sample.name == "troth_clauses" and sample.labels["verdict"] == "fail"
    }
    waived = {
        sample.labels["policy"]: sample.value
        for sample in samples
        if sample.name == "troth_waived_clauses"
    }
    assert broken == waived == {"shop": 1}


def test_the_page_on_formats_knows_the_rules() -> None:
    assert (EXAMPLES / "prometheus" / "alerts.yaml").is_file()
    text = (Path(EXAMPLES).parent / "docs" / "formats.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(troth_\w+)`", text, re.M))
    assert {name for rule in RULES for name, _ in _asked(rule["expr"])} <= told
