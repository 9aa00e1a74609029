from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.measures.standards import canonical

BASE = {
    "standards": ["ISO 27001", "SOC 2 Type II"],
    "holder": "own",
    "holder_names": [],
    "min_certificates": 1,
    "every_listed": False,
    "service": "",
    "months_since_period_end": 12,
    "months_since_issue": 12,
    "validity_years": 3,
}
ISO: dict[str, Any] = {
    "type": "certificate",
    "standard": "ISO/IEC 27001:2022",
    "holder": "own",
    "scope": "the service",
    "period_start": None,
    "period_end": None,
    "bridge_letter_until": None,
    "issued_on": "2025-02-01",
    "expires_on": "2028-01-31",
}
SOC = {
    **ISO,
    "type": "report",
    "standard": "SOC 2 Type 2",
    "period_start": "2025-07-01",
    "period_end": "2026-06-30",
    "issued_on": "2026-08-01",
    "expires_on": None,
}
DAYS = st.sampled_from([None, "2019-01-01", "2025-11-20", "2026-06-30", "2026-12-01", "2028-01-31"])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["certificate", "report", "questionnaire", "attestation-of-compliance"]
        ),
        "standard": st.sampled_from(
            ["ISO 27001", "SOC 2 Type II", "SOC 2 Type I", "Privacy Shield", "PCI DSS", "C5", ""]
        ),
        "holder": st.sampled_from(["own", "Own ", "Equinix", "gateway"]),
        "scope": st.sampled_from(["", "the service"]),
        "period_start": DAYS,
        "period_end": DAYS,
        "bridge_letter_until": DAYS,
        "issued_on": DAYS.filter(bool),
        "expires_on": DAYS,
    },
)
#: Rows that are good but for some changes, so that each condition alone decides often enough.
ROWS = st.lists(
    st.builds(lambda row, change: {**row, **change}, st.sampled_from([ISO, SOC]), CHANGES),
    max_size=3,
)


def judged(rows: list[dict[str, Any]], more: tuple[Item, ...] = (), **change: Any) -> Measured:
    cut = change.pop("cut", None)
    items = [item(f"c-{at}", **row) for at, row in enumerate(rows)]
    return measured("current-certificates", population([*items, *more], cut), {**BASE, **change})[
        ""
    ]


def test_both_current_is_certain_whatever_else_was_not_read() -> None:
    for made in (judged([ISO, SOC]), judged([ISO, SOC], cut=CUT)):
        assert made.facts == {"lacking": [], "short": []}


@given(ROWS)
def test_more_rows_never_make_a_named_standard_lack(rows: list[dict[str, Any]]) -> None:
    assert judged([ISO, SOC, *rows]).facts == {"lacking": [], "short": []}


@given(ROWS)
def test_rows_of_others_change_nothing(rows: list[dict[str, Any]]) -> None:
    others = [row for row in rows if row["holder"].strip() != "Own" and row["holder"] != "own"]
    assert judged(others).facts == judged([]).facts


@given(ROWS, st.sampled_from(["own", "provider", "gateway"]), st.booleans(), st.booleans())
def test_half_a_register_accuses_nobody(
    rows: list[dict[str, Any]], holder: str, every: bool, cut: bool
) -> None:
    lost = () if cut else (unread("c-x"),)
    made = judged(rows, lost, cut=CUT if cut else None, holder=holder, every_listed=every)
    whole = judged(rows, holder=holder, every_listed=every)
    assert not any(made.facts.values())
    clear = {name for name, found in whole.facts.items() if not found}
    closed = {"provider": set[str](), "own": {"short"} if every else clear}
    assert set(made.facts) == clear & closed.get(holder, closed["own"])


@given(ROWS)
def test_what_passes_names_a_scope_and_has_begun(rows: list[dict[str, Any]]) -> None:
    passed = judged(rows, standards=["ISO 27001"]).facts["lacking"] == []
    assert passed is any(
        row["standard"].endswith(("27001", "27001:2022"))
        and row["holder"].strip().lower() == "own"
        and row["type"] == "certificate"
        and row["scope"] == "the service"
        and row["issued_on"] in ("2025-02-01", "2025-11-20", "2026-06-30", "2026-08-01")
        and row["expires_on"] in ("2026-12-01", "2028-01-31")
        for row in rows
    )


@given(ROWS)
def test_a_report_passes_by_its_period_alone(rows: list[dict[str, Any]]) -> None:
    passed = judged(rows, standards=["SOC 2 Type II"]).facts["lacking"] == []
    assert passed is any(
        row["standard"] in ("SOC 2 Type II", "SOC 2 Type 2")
        and row["holder"].strip().lower() == "own"
        and row["type"] == "report"
        and row["scope"] == "the service"
        and row["issued_on"] not in ("2026-12-01", "2028-01-31")
        and row["period_start"] is not None
        and row["period_end"] is not None
        and row["period_start"] < row["period_end"]
        and (
            row["period_end"] == "2026-06-30"
            or (
                row["period_end"] in ("2019-01-01", "2025-11-20")
                and row["bridge_letter_until"] in ("2026-12-01", "2028-01-31")
            )
        )
        for row in rows
    )


def test_own_is_no_name_of_a_provider() -> None:
    made = judged([ISO, SOC], holder="provider", holder_names=["own"])
    assert len(made.facts["lacking"]) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ISO/IEC 27001:2022", "iso 27001"),
        ("ISO27018", "ISO/IEC 27018:2019"),
        ("SOC2 Type II", "SOC 2 (Type 2)"),
        ("SSAE 18 SOC 1 Type II", "SOC 1 Type 2"),
        ("PCI-DSS v4.0.1", "PCI DSS (gateway)"),
        ("PrivacyMark (JIS Q 15001)", "プライバシーマーク"),
        ("EU-U.S. Data Privacy Framework", "EU-US Data Privacy Framework (DPF)"),
    ],
)
def test_names_of_the_same_standard(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SOC 2 Type I", "SOC 2 Type II"),
        ("SOC 2", "SOC 2 Type II"),
        ("SOC 2 (Type I)", "SOC 2 Type II"),
        ("SOC 1 Type II", "SOC 2 Type II"),
        ("SIG Full", "SIG Lite"),
        ("ISO 27001", "ISO 27018"),
        ("ISO 27001 gap analysis", "ISO 27001"),
        ("Privacy Shield", "Data Privacy Framework"),
        ("SOC 2 Type I and Type II", "SOC 2 Type II"),
    ],
)
def test_names_of_different_standards(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@given(st.text(max_size=40))
def test_a_canonical_name_is_final_for_case_and_spaces(name: str) -> None:
    assert canonical(f" {name}  ") == canonical(name)
