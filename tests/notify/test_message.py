"""What a message says, in which order, and what it leaves out."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from tests.notify.digests import digest, event
from troth.history.changes import Change
from troth.notify.message import BODY, ITEMS, TITLE, message
from troth.notify.phrases import NOTES, PHRASES, ordered

NIGHT = digest(
    event(Change.FIXED, clause="4.3", text="Backups are kept for 90 days again.",
          resource="arn:aws:rds:::main", before="fail", now="pass", severity="medium"),
    event(Change.DOCUMENT_CHANGED, text="The text of acme was changed.", clause="", control="",
          target="", resource="", severity="", before="", now=""),
    event(Change.COVERAGE_LOST, clause="5.1", control="root-mfa", target="pay", severity="critical",
          resource="111122223333", text="The account cannot be read: access denied.",
          before="fail", now="unknown"),
    event(),
)  # fmt: skip

TEXT = """\
1 newly broken, 1 with coverage lost, 1 fixed, 1 document changed.

Newly broken: 1

- acme 4.2, store-encrypted, high: prod arn:aws:s3:::logs
  The bucket logs is not encrypted.

Coverage lost: 1
Nothing of this counts as fixed: it could not be looked at.

- acme 5.1, root-mfa, critical: pay 111122223333
  The account cannot be read: access denied. It was broken when it was last seen.

Fixed: 1

- acme 4.3, store-encrypted, medium: prod arn:aws:rds:::main
  Backups are kept for 90 days again.

Documents changed: 1

- acme
  The text of acme was changed.

Clauses now: 2 broken, 1 waived, 3 unknown, 40 kept, 4 not applicable.
Run run-2, judged as of 2026-11-22T02:00:00+00:00, exit code 1.
Changes since run run-1.

More: troth diff, troth history"""

MARKDOWN = """\
1 newly broken, 1 with coverage lost, 1 fixed, 1 document changed.

**Newly broken: 1**

- `acme 4.2, store-encrypted, high`, `prod arn:aws:s3:::logs`: The bucket logs is not encrypted.

**Coverage lost: 1**
Nothing of this counts as fixed: it could not be looked at.

- `acme 5.1, root-mfa, critical`, `pay 111122223333`: The account cannot be read: access denied. \
It was broken when it was last seen.

**Fixed: 1**

- `acme 4.3, store-encrypted, medium`, `prod arn:aws:rds:::main`: Backups are kept for \
90 days again.

**Documents changed: 1**

- `acme`: The text of acme was changed.

Clauses now: 2 broken, 1 waived, 3 unknown, 40 kept, 4 not applicable.
Run `run-2`, judged as of `2026-11-22T02:00:00+00:00`, exit code 1.
Changes since run `run-1`.

More: troth diff, troth history"""


def test_a_night_is_told_with_the_worst_first() -> None:
    made = message(NIGHT)
    title = "troth: 1 newly broken (acme 4.2), 1 with coverage lost, 1 fixed, 1 document changed"
    assert made.title == title
    assert made.text == TEXT
    assert made.markdown == MARKDOWN


def test_a_first_run_that_was_stopped_says_both() -> None:
    made = message(digest(event(), since="", state="partial", scope="prod", exit_code=143))
    assert made.title == "troth (prod), partial run: 1 newly broken (acme 4.2)"
    told = (
        "Run run-2, judged as of 2026-11-22T02:00:00+00:00, exit code 143.\n"
        "No earlier run is on record.\n"
        "This run is partial: it ended before it had looked at everything, and what it did not "
        "reach counts neither as fixed nor as broken.\n\nMore: "
    )
    assert told in made.text
    assert "This run is partial: it ended before" in made.markdown


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([Change.NEW] * 2, "2 newly broken (acme 4.2)"),
        ([Change.WAIVER_EXPIRED], "1 waiver expired (acme 4.2)"),
        ([Change.WAIVER_EXPIRED] * 2, "2 waivers expired (acme 4.2)"),
        ([Change.FIXED, Change.REGRESSED], "1 broken again (acme 4.2), 1 fixed"),
        ([Change.COVERAGE_REGAINED, Change.NO_LONGER_ASKED],
         "1 with coverage regained (acme 4.2), 1 not asked any more"),
        ([Change.STILL] * 3, "3 still broken (acme 4.2)"),
        ([], ""),
    ],
    ids=lambda part: part if isinstance(part, str) else len(part),
)  # fmt: skip
def test_the_title_counts_each_change(changes: list[Change], told: str) -> None:
    assert message(digest(*map(event, changes))).title == f"troth: {told or '0 changes'}"


def test_the_title_names_a_clause_only_where_it_is_the_only_one() -> None:
    two = digest(event(), event(clause="4.3"))
    assert message(two).title == "troth: 2 newly broken"


def test_every_change_has_its_words_and_its_place() -> None:
    assert set(PHRASES) == set(Change)
    shuffled = [event(change) for change in sorted(Change)]
    first = [row.change for row in ordered(shuffled)][:4]
    assert first == [Change.NEW, Change.REGRESSED, Change.WAIVER_EXPIRED, Change.COVERAGE_LOST]


def test_a_title_of_every_change_is_one_line_and_counts_what_it_leaves_out() -> None:
    night = digest(*[event(change) for change in Change for _ in range(1000)])
    title = message(night).title
    assert len(title) <= TITLE
    assert "\n" not in title
    assert title.startswith("troth: 1000 newly broken (acme 4.2), 1000 broken again, 1000 waivers")
    kept = title.count("1000 ")
    assert title.endswith(f", {(len(Change) - kept) * 1000} other changes")


def test_within_a_change_the_severest_stands_first() -> None:
    rows = [event(severity=name) for name in ("low", "critical", "", "medium", "high")]
    told = [row.severity for row in ordered(rows)]
    assert told == ["critical", "high", "medium", "low", ""]


def test_the_order_does_not_depend_on_the_order_of_events() -> None:
    rows = [event(clause=clause, resource=name) for clause in "21" for name in "ba"]
    night = [message(digest(*some)) for some in (rows, rows[::-1])]
    assert night[0] == night[1]


def test_lost_coverage_and_what_is_not_asked_never_read_as_fixed() -> None:
    for change in (Change.COVERAGE_LOST, Change.NO_LONGER_ASKED):
        made = message(digest(event(change, before="fail", now="unknown")))
        for text in (made.text, made.markdown):
            assert NOTES[change] in text
        assert "fixed" not in made.title
        assert made.text.count("ixed") == NOTES[change].count("ixed")


def test_only_what_was_broken_is_said_to_have_been() -> None:
    words = "It was broken when it was last seen."
    for before, change, told in (
        ("fail", Change.COVERAGE_LOST, True),
        ("pass", Change.COVERAGE_LOST, False),
        ("fail", Change.FIXED, False),
    ):
        assert (words in message(digest(event(change, before=before))).text) == told


@pytest.mark.parametrize("number", [ITEMS, ITEMS + 1, 5000])
def test_what_is_left_out_is_counted(number: int) -> None:
    rows = [event(text="x", resource=f"r{place}") for place in range(number - 2)]
    made = message(digest(*rows, event(Change.FIXED, text="x"), event(Change.WAIVED, text="x")))
    left = number - ITEMS
    for body in (made.text, made.markdown):
        assert body.count("\n- ") == ITEMS
        assert ("Not shown here" in body) == (left > 0)
    if number == 5000:
        assert "\nNot shown here: 4960 (4958 newly broken, 1 fixed, 1 waived).\n" in made.text
        assert "Newly broken: 4998\n" in made.text


def test_long_names_leave_room_for_the_counts() -> None:
    rows = [event(resource="é" * 9000, text="ü" * 9000, target=f"t{n}") for n in range(40)]
    made = message(digest(*rows))
    for body in (made.text, made.markdown):
        assert len(body.encode()) <= BODY
        assert len(body.encode()) > BODY * 0.9
        assert "… (8,800 more characters)" in body
        assert "… (8,600 more characters)" in body
        told = body.count("\n- ")
        assert f"Not shown here: {40 - told} ({40 - told} newly broken)." in body
        assert body.endswith("\n\nMore: troth diff, troth history")


@pytest.mark.parametrize("most", [100, 300, 600, 1000, 2000, 4000])
def test_a_body_fits_where_little_fits(most: int) -> None:
    made = message(NIGHT, most)
    for body in (made.text, made.markdown):
        assert len(body.encode()) <= most
        told = body.count("\n- ")
        whole = told == 4 or f"Not shown here: {4 - told} (" in body
        assert whole or body == "More: troth diff, troth history"


def test_the_first_events_stay_where_little_fits() -> None:
    body = message(NIGHT, 600).text
    assert "The bucket logs is not encrypted." in body
    assert "Not shown here: 3 (1 with coverage lost, 1 fixed, 1 document changed)." in body


def test_markdown_is_shown_as_it_was_meant() -> None:
    shown = MarkdownIt().render(MARKDOWN)
    assert shown.count("<ul>") == 4
    assert shown.count("<li>") == 4
    assert "<code>prod arn:aws:s3:::logs</code>" in shown
    assert "<a " not in shown
