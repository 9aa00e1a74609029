"""Registers: what a file says becomes facts; what is wrong with it is pointed at."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.checkers.driver import Observed, observe
from troth.catalogue.kinds import load_kind
from troth.checkers import register
from troth.checkers.register import cells, table, validate
from troth.errors import InputError, Place, Problem
from troth.kinds import kind_from
from troth.model import Failure, Reason

DOCUMENT = Path(__file__).parents[2] / "docs" / "registers.md"
SHIPPED = [
    register.Agreements,
    register.Breaches,
    register.Campaigns,
    register.Certificates,
    register.DeletionRequests,
    register.Disclosures,
    register.IncidentNotices,
    register.IncidentUpdates,
    register.Incidents,
    register.Moderation,
    register.PolicyReviews,
    register.PublicResources,
    register.Publications,
    register.ServiceLifecycle,
    register.Staff,
    register.Tests,
    register.Trainings,
    register.Vendors,
]
HEAD = """# register: staff
# exported_at: 2026-11-20T18:00:00+09:00
# source: HR system
"""
COLUMNS = "person_id,worker_type,roles,start_date,end_date,status,accounts\n"
ALICE = "p-01,employee,operator;reviewer,2024-04-01,,active,aws:123456789012:alice\n"
BOB = "p-02,contractor,,2025-01-15,2026-03-31,ended,\n"


def target(base: Path, folder: str = "registers") -> dict[str, Any]:
    return {"id": "registers", "type": "register", "base_dir": str(base), "folder": folder}


def put(base: Path, text: str | bytes, name: str = "staff.csv") -> Path:
    path = base / "registers" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def seen(base: Path, checker: type[register.Register] = register.Staff) -> Observed:
    (only,) = observe(checker, target(base))
    return only


def facts(base: Path, checker: type[register.Register] = register.Staff) -> dict[str, Any]:
    _, listings, found = seen(base, checker)
    assert [listed.failure for listed in listings] == [None]
    return {name: facets["row"] for name, facets in found.items()}


def found_in(path: Path) -> list[str]:
    """Return the file's problems as ``line:column text``."""
    problems = validate.problems(path, load_kind(f"register.{path.stem}"))
    assert all(one.place.path == str(path) for one in problems)
    return [f"{one.place.line}:{one.place.column} {one.text}" for one in problems]


def rows_in(path: Path) -> list[str]:
    kind = load_kind(f"register.{path.stem}")
    assert validate.problems(path, kind) == []
    problems = [one for row in table.read(path, kind).rows for one in row.problems]
    return [f"{one.place.line}:{one.place.column} {one.text}" for one in problems]


# --- what a sound register says


WANTED: dict[str, dict[str, Any]] = {
    "staff/p-01": {
        "person_id": "p-01",
        "worker_type": "employee",
        "roles": {"items": ["operator", "reviewer"], "complete": True},
        "start_date": "2024-04-01",
        "end_date": None,
        "status": "active",
        "accounts": {"items": ["aws:123456789012:alice"], "complete": True},
    },
    "staff/p-02": {
        "person_id": "p-02",
        "worker_type": "contractor",
        "roles": {"items": [], "complete": True},
        "start_date": "2025-01-15",
        "end_date": "2026-03-31",
        "status": "ended",
        "accounts": {"items": [], "complete": True},
    },
}


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[-1:]
    return str(found)


@pytest.mark.parametrize("form", ["csv", "yaml"])
def test_the_documents_examples_say_the_same(form: str, tmp_path: Path) -> None:
    put(tmp_path, example(form), f"staff.{form}")
    _, listings, found = seen(tmp_path)
    assert {name: facets["row"] for name, facets in found.items()} == WANTED
    assert [listed.content_at for listed in listings] == ["2026-11-20T09:00:00+00:00"]
    kind = load_kind("register.staff")
    assert [kind.validate("row", row) for row in facts(tmp_path).values()] == [[], []]


@pytest.mark.parametrize("variant", ["bom", "crlf", "reordered", "no-last-newline", "padded"])
def test_what_spreadsheets_do_to_a_file_changes_nothing(variant: str, tmp_path: Path) -> None:
    text = HEAD + COLUMNS + ALICE + BOB
    if variant == "bom":
        text = "\ufeff" + text
    if variant == "crlf":
        text = text.replace("\n", "\r\n")
    if variant == "reordered":
        rows = [line.split(",") for line in (COLUMNS + ALICE + BOB).splitlines()]
        text = HEAD + "\n".join(",".join(reversed(row)) for row in rows)
    if variant == "no-last-newline":
        text = text.rstrip("\n")
    if variant == "padded":
        text = HEAD.replace("\n", ",,,,,,\n") + COLUMNS + ALICE + BOB + "\n\n"
    put(tmp_path, text)
    assert facts(tmp_path) == WANTED


def test_a_header_without_rows_is_a_complete_empty_list(tmp_path: Path) -> None:
    put(tmp_path, HEAD + COLUMNS)
    assert facts(tmp_path) == {}


def test_the_row_tells_where_it_stands(tmp_path: Path) -> None:
    put(tmp_path, HEAD + COLUMNS + ALICE + BOB)
    row = facts(tmp_path)["staff/p-02"]
    assert row.raw == {"place": "registers/staff.csv:6:1", "source": "HR system"}


@pytest.mark.parametrize("checker", SHIPPED)
@pytest.mark.parametrize("form", ["csv", "yaml"])
def test_the_example_of_every_kind_survives(
    checker: type[register.Register], form: str, tmp_path: Path
) -> None:
    kind = load_kind(checker.kind)
    name = checker.kind.removeprefix("register.")
    row: dict[str, Any] = {}
    for column, value in kind.example["row"].items():
        row[column] = value["items"] if isinstance(value, dict) else value
    head = {"register": name, "exported_at": "2026-11-20T18:00:00Z", "source": "x"}
    if form == "yaml":
        text = yaml.safe_dump({"schema": 1, **head, "rows": [row]}, allow_unicode=True)
    else:
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(row)
        writer.writerow(map(as_cell, row.values()))
        text = "".join(f"# {key}: {value}\n" for key, value in head.items()) + out.getvalue()
    put(tmp_path, text, f"{name}.{form}")
    (found,) = facts(tmp_path, checker).values()
    # Instants come back in UTC; the examples are written with +09:00.
    wanted = {
        column: value.replace("T10:00:00+09:00", "T01:00:00+00:00").replace(
            "T09:30:00+09:00", "T00:30:00+00:00"
        )
        if isinstance(value, str)
        else value
        for column, value in kind.example["row"].items()
    }
    assert found == wanted
    assert kind.validate("row", found) == []


def as_cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def test_empty_text_stands_only_where_the_kind_says_so(tmp_path: Path) -> None:
    columns = (
        "kind,performed_on,vendor,independent,accreditation,"
        "accreditation_expires_on,scope,report_sha256\n"
    )
    head = HEAD.replace("staff", "tests")
    path = put(
        tmp_path,
        head + columns + "a,2026-05-20,v,none,,,all,9f86\n" + "b,2026-05-20,v,none,,,,9f86\n",
        "tests.csv",
    )
    found = facts(tmp_path, register.Tests)
    assert found["tests/a/2026-05-20/v"]["accreditation"] == ""
    assert found["tests/a/2026-05-20/v"]["accreditation_expires_on"] is None
    assert isinstance(found["tests/b/2026-05-20/v"], Failure)
    assert rows_in(path) == ["6:23 scope: is empty; write a value"]


def test_key_values_cannot_be_confused(tmp_path: Path) -> None:
    head = HEAD.replace("staff", "policy-reviews")
    text = head + "policy,reviewed_on,reviewer,outcome\n50%/a,2026-03-01,x,ok\n"
    put(tmp_path, text, "policy-reviews.csv")
    assert list(facts(tmp_path, register.PolicyReviews)) == ["policy-reviews/50%25%2Fa/2026-03-01"]
    head = HEAD.replace("staff", "public-resources")
    text = head + "resource,reason,approved_by,expires_on\nhttps://a/b,x,y,2027-01-31\n"
    put(tmp_path, text, "public-resources.csv")
    assert list(facts(tmp_path, register.PublicResources)) == ["public-resources/https://a/b"]


# --- no file, two files


def test_no_file_names_the_file_to_make(tmp_path: Path) -> None:
    (tmp_path / "registers").mkdir()
    _, listings, found = seen(tmp_path)
    text = "there is no register staff; make registers/staff.csv (or .yaml)"
    assert [listed.failure for listed in listings] == [Failure(Reason.NO_DATA, text)]
    assert found == {}
    assert register.Staff.problems(target(tmp_path)) == []


def test_two_files_are_an_error_that_names_both(tmp_path: Path) -> None:
    put(tmp_path, HEAD + COLUMNS)
    put(tmp_path, "schema: 1\n", "staff.yaml")
    text = "the register is also in registers/staff.yaml; keep one of them"
    wanted = [Problem(Place("registers/staff.csv"), text)]
    assert register.Staff.problems(target(tmp_path)) == wanted
    _, listings, _ = seen(tmp_path)
    assert listings[0].failure is not None
    assert listings[0].failure.reason is Reason.MALFORMED_RESPONSE


@pytest.fixture
def forbidden(tmp_path: Path) -> Iterator[Path]:
    """Yield a base whose registers this process may not read, root or not."""
    put(tmp_path, HEAD + COLUMNS + ALICE).parent.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield tmp_path
    os.seteuid(user)
    (tmp_path / "registers").chmod(0o700)


def test_a_file_that_may_not_be_read_is_permission_denied(forbidden: Path) -> None:
    _, listings, rows = seen(forbidden)
    wanted = Failure(Reason.PERMISSION_DENIED, "staff.csv may not be read", "read staff.csv")
    assert [listed.failure for listed in listings] == [wanted]
    assert rows == {}
    (problem,) = register.Staff.problems(target(forbidden))
    assert problem.text == "cannot be read: Permission denied; check the path and its permissions"


def test_a_folder_in_the_files_place_is_no_data(tmp_path: Path) -> None:
    (tmp_path / "registers" / "staff.csv").mkdir(parents=True)
    _, listings, _ = seen(tmp_path)
    assert listings[0].failure is not None
    assert listings[0].failure.reason is Reason.NO_DATA
    (problem,) = register.Staff.problems(target(tmp_path))
    assert "cannot be read" in problem.text


def test_a_wrong_suffix_is_not_passed_over(tmp_path: Path) -> None:
    put(tmp_path, YAML, "staff.yml")
    wanted = [Problem(Place("registers/staff.yml"), "call it staff.yaml")]
    assert register.Staff.problems(target(tmp_path)) == wanted


# --- the file as a whole


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ["1:1 no header row; write " + COLUMNS.strip()]),
        (HEAD, ["4:1 no header row; write " + COLUMNS.strip()]),
        (COLUMNS + ALICE, []),
        (HEAD.replace("register: staff", "register: tests") + COLUMNS,
         ["1:13 the register is 'tests', the file's name says 'staff'; correct one"]),
        (HEAD.replace("exported_at", "exportet_at") + COLUMNS,
         ["2:3 unknown comment 'exportet_at'; did you mean 'exported_at'?"]),
        (HEAD.replace("+09:00", "") + COLUMNS,
         ["2:16 exported_at: '2026-11-20T18:00:00' is not an instant; "
          "write it with its offset, like 2026-11-20T18:00:00+09:00"]),
        (HEAD.replace(" HR system", "") + COLUMNS,
         ["3:10 'source' is not text, or empty; write it"]),
        (HEAD + "# source: x\n" + COLUMNS, ["4:11 'source' is said twice; keep one"]),
        (HEAD + COLUMNS.replace("worker_type", "worker_typ"),
         ["4:11 unknown column 'worker_typ'; did you mean 'worker_type'?"]),
        (HEAD + COLUMNS.replace("status,", ""), ["4:1 column 'status' is missing; add it"]),
        (HEAD + COLUMNS.replace("status,", "status,status,"),
         ["4:56 column 'status' stands twice; keep one"]),
        (HEAD + COLUMNS.replace(",", ";"),
         ["4:1 the columns are not separated by commas; use commas"]),
        (HEAD + COLUMNS + ALICE + BOB + ALICE,
         ["7:1 person_id 'p-01' stands already in line 5; keep one row"]),
        (HEAD + COLUMNS + BOB.replace("contractor", '"contractor'),
         ["5:6 a quote is opened and never closed; close it"]),
        (HEAD + COLUMNS + BOB.replace("contractor", 'contr"actor'),
         ["5:11 a quote inside a cell; put the cell in quotes and double the quote"]),
        (HEAD + COLUMNS + BOB.replace("contractor", '"contr"actor'),
         ["5:13 text after a closing quote; double the quotes that belong to the cell"]),
        (HEAD + COLUMNS + BOB.replace("contractor", '"con\ntr"actor'),
         ["6:4 text after a closing quote; double the quotes that belong to the cell"]),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_trusted_is_an_input_error(
    text: str, wanted: list[str], tmp_path: Path
) -> None:
    path = put(tmp_path, text)
    found = found_in(path)
    assert [one for one in found if not one.startswith("1:1 comment")] == wanted
    _, listings, rows = seen(tmp_path)
    assert listings[0].failure is not None
    assert listings[0].failure.reason is Reason.MALFORMED_RESPONSE
    assert rows == {}


def test_every_missing_part_of_the_head_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, COLUMNS + ALICE)
    assert found_in(path) == [
        "1:1 comment 'exported_at' is missing; add it, like 2026-11-20T18:00:00+09:00",
        "1:1 comment 'register' is missing; add it, with the name of the file",
        "1:1 comment 'source' is missing; add it, with the system that the rows come from",
    ]


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    path = put(tmp_path, HEAD.encode() + "# 人事\n".encode("shift_jis"))
    assert found_in(path) == [
        "4:1 not UTF-8 in this line; save the file as UTF-8 (in a spreadsheet: CSV UTF-8)"
    ]


YAML = example("yaml")


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("schema: 1", "schema: 2", "1:9 the only schema is 1; write schema: 1"),
        ("schema: 1", "schema: true", "1:9 the only schema is 1; write schema: 1"),
        ("schema: 1\n", "", "1:1 key 'schema' is missing; write schema: 1"),
        ("source:", "sorce:", "4:1 unknown key 'sorce'; did you mean 'source'?"),
        ("register: staff", "register: tests",
         "2:11 the register is 'tests', the file's name says 'staff'; correct one"),
        ("end_date: null", "end_dat: null",
         "10:5 unknown column 'end_dat'; did you mean 'end_date'?"),
        ("    end_date: null\n", "", "6:5 column 'end_date' is missing; add it"),
        ("  - person_id: p-02", "  - text\n  - person_id: p-02",
         "13:5 not a mapping of columns to values; write one"),
        ("person_id: p-02", "person_id: p-01",
         "13:5 person_id 'p-01' stands already in line 6; keep one row"),
        ("status: active", "status: active\n    status: ended",
         "12:5 key 'status' stands twice; keep one"),
        ("+09:00", "", "3:14 exported_at: '2026-11-20T18:00:00' is not an instant; "
         "write it with its offset, like 2026-11-20T18:00:00+09:00"),
    ],
)  # fmt: skip
def test_a_yaml_register_is_pointed_at_as_well(
    old: str, new: str, wanted: str, tmp_path: Path
) -> None:
    assert old in YAML
    path = put(tmp_path, YAML.replace(old, new, 1), "staff.yaml")
    assert found_in(path) == [wanted]


def test_rows_must_be_a_list(tmp_path: Path) -> None:
    path = put(tmp_path, YAML[: YAML.index("rows:")] + "rows: none\n", "staff.yaml")
    assert found_in(path) == ["5:7 not a list; write one item per row"]
    path = put(tmp_path, "- a\n", "staff.yaml")
    assert any("1:1 not a mapping; see the format's example" in one for one in found_in(path))


# --- single rows


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("2025-01-15", "2025-13-01",
         ["6:18 start_date: '2025-13-01' is not a date; write it like 2026-11-20"]),
        ("2025-01-15", "15.1.2025",
         ["6:18 start_date: '15.1.2025' is not a date; write it like 2026-11-20"]),
        ("2025-01-15", "", ["6:18 start_date: is empty; write a value"]),
        ("contractor", "", ["6:6 worker_type: is empty; write a value"]),
        ("contractor", " contractor",
         ["6:6 worker_type: ' contractor' starts or ends with a space; remove it"]),
        ("ended", "gone", ["6:40 status: 'gone' is not one of active, leave, ended"]),
        (",ended,", ",ended,a;;b", ["6:46 accounts: is empty; write a value"]),
        (",ended,", ",ended,,",
         ["6:47 the row has 8 cells, the header 7; correct the commas or quotes"]),
        (",ended,", ",ended",
         ["6:40 the row has 6 cells, the header 7; correct the commas or quotes"]),
    ],
)  # fmt: skip
def test_a_malformed_row_costs_one_unknown_and_not_its_neighbours(
    old: str, new: str, wanted: list[str], tmp_path: Path
) -> None:
    assert old in BOB
    carol = ALICE.replace("p-01", "p-03")
    path = put(tmp_path, HEAD + COLUMNS + ALICE + BOB.replace(old, new) + carol)
    assert rows_in(path) == wanted
    found = facts(tmp_path)
    assert found["staff/p-01"] == WANTED["staff/p-01"]
    assert found["staff/p-03"] == WANTED["staff/p-01"] | {"person_id": "p-03"}
    assert len(found) == 3
    # A row of the wrong length is not read at all, so it is called by its line.
    name = "staff/(line 6)" if "the row has" in wanted[0] else "staff/p-02"
    failure = found[name]
    assert failure == Failure(Reason.MALFORMED_RESPONSE, f"registers/staff.csv:{wanted[0]}")


def test_a_row_without_key_is_called_by_its_line(tmp_path: Path) -> None:
    put(tmp_path, HEAD + COLUMNS + BOB.replace("p-02", "") + BOB.replace("p-02", ""))
    found = facts(tmp_path)
    assert sorted(found) == ["staff/(line 5)", "staff/(line 6)"]
    assert all(isinstance(row, Failure) for row in found.values())


def test_all_faults_of_a_row_are_counted(tmp_path: Path) -> None:
    put(tmp_path, HEAD + COLUMNS + "p-02,,,,,,\n")
    row = facts(tmp_path)["staff/p-02"]
    assert isinstance(row, Failure)
    assert row.message == (
        "registers/staff.csv:5:6 worker_type: is empty; write a value (and 2 more in this row)"
    )


def test_positions_count_characters_and_lines_inside_quotes(tmp_path: Path) -> None:
    row = 'p-02,"con\ntractor, ""two""",,人事,,ended,\n'
    path = put(tmp_path, HEAD + COLUMNS + row + BOB.replace("p-02", "p-9").replace("2025", "x"))
    assert rows_in(path) == [
        "6:20 start_date: '人事' is not a date; write it like 2026-11-20",
        "7:17 start_date: 'x-01-15' is not a date; write it like 2026-11-20",
    ]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ('"2025-01-15"', "7", "16:17 start_date: 7 is not text; put it in quotes"),
        ('"2025-01-15"', "null", "16:17 start_date: is null; write a value"),
        ('"2025-01-15"', '""', "16:17 start_date: is empty; write a value"),
        ("roles: []", "roles: admin",
         "15:12 roles: is not a list; write [one, two], or [] for none"),
        ("roles: []", "roles: null",
         "15:12 roles: is not a list; write [one, two], or [] for none"),
        ("roles: []", "roles: [1]", "15:12 roles: 1 is not text; put it in quotes"),
        ("status: ended", "status: gone",
         "18:13 status: 'gone' is not one of active, leave, ended"),
    ],
)  # fmt: skip
def test_a_malformed_row_of_a_yaml_register(
    old: str, new: str, wanted: str, tmp_path: Path
) -> None:
    assert old in YAML
    path = put(tmp_path, YAML.replace(old, new), "staff.yaml")
    assert rows_in(path) == [wanted]
    found = facts(tmp_path)
    assert found["staff/p-01"] == WANTED["staff/p-01"]
    assert isinstance(found["staff/p-02"], Failure)


# --- a register that troth does not ship


VISITORS = kind_from(
    {
        "schema": 1,
        "id": "register.visitors",
        "title": "A visitor",
        "describes": "One per row.",
        "key": ["badge"],
        "facets": {
            "row": {
                "title": "The row",
                "max_age": "P1D",
                "facts": {
                    "badge": {"type": "integer", "minimum": 1},
                    "entered_at": {"type": "string", "format": "date-time"},
                    "left_at": {"type": ["string", "null"], "format": "date-time"},
                    "escorted": {"type": "boolean"},
                    "weight": {"type": "number"},
                    "floors": {"list": {"type": "integer"}},
                    "more": {"type": "object"},
                },
            }
        },
        "example": {"row": {}},
    }
)
VISIT = HEAD.replace("staff", "visitors") + (
    "badge,entered_at,left_at,escorted,weight,floors,more\n"
)


def visitors(tmp_path: Path, row: str) -> Any:
    text = VISIT + row + "\n"
    kind = kind_from(
        {
            "id": VISITORS.id,
            "title": VISITORS.title,
            "describes": VISITORS.describes,
            "key": list(VISITORS.key),
            "facets": {
                "row": {
                    "title": "The row",
                    "max_age": "P1D",
                    "facts": dict(list(VISITORS.facets["row"].facts.items())[:-1]),
                }
            },
            "example": {},
        }
    )
    put(tmp_path, text.replace(",more", ""), "visitors.csv")
    return facts(tmp_path, register.for_kind(kind))


def test_a_kind_file_alone_makes_a_register(tmp_path: Path) -> None:
    made = register.for_kind(VISITORS)
    assert (made.id, made.kind, made.target_type) == (
        "register.visitors",
        "register.visitors",
        "register",
    )
    found = visitors(
        tmp_path, "7,2026-11-20T18:00:00+09:00,2026-11-20T10:30:00.5Z,TRUE,71.5,3; 1;2"
    )
    assert found == {
        "visitors/7": {
            "badge": 7,
            "entered_at": "2026-11-20T09:00:00+00:00",
            "left_at": "2026-11-20T10:30:00.500000+00:00",
            "escorted": True,
            "weight": 71.5,
            "floors": {"items": [1, 2, 3], "complete": True},
        }
    }


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("0,2026-11-20T18:00:00Z,,true,1,", "5:1 badge: 0 is less than the minimum of 1"),
        ("07,2026-11-20T18:00:00Z,,true,1,", "5:1 badge: '07' is not a whole number"),
        ("1.0,2026-11-20T18:00:00Z,,true,1,", "5:1 badge: '1.0' is not a whole number"),
        ("1,2026-11-20,,true,1,", "5:3 entered_at: '2026-11-20' is not an instant"),
        ("1,2026-11-20T18:00:00,,true,1,", "5:3 entered_at: '2026-11-20T18:00:00' is not"),
        ("1,2026-11-20T25:00:00Z,,true,1,", "5:3 entered_at: '2026-11-20T25:00:00Z' is not"),
        ("1,0001-01-01T00:00:00+09:00,,true,1,", "5:3 entered_at: '0001-01-01T00:00:00+09"),
        ("1,2026-11-20T18:00:00Z,,yes,1,", "5:25 escorted: 'yes' is neither true nor false"),
        ("1,2026-11-20T18:00:00Z,,true,1e3,", "5:30 weight: '1e3' is not a number"),
        ("1,2026-11-20T18:00:00Z,,true,NaN,", "5:30 weight: 'NaN' is not a number"),
        ("1,2026-11-20T18:00:00Z,,true,1,a", "5:32 floors: 'a' is not a whole number"),
    ],
)
def test_cells_are_read_by_their_type_only(row: str, says: str, tmp_path: Path) -> None:
    (failure,) = visitors(tmp_path, row).values()
    assert failure.reason is Reason.MALFORMED_RESPONSE
    assert failure.message.startswith(f"registers/visitors.csv:{says}")


def test_an_object_needs_yaml(tmp_path: Path) -> None:
    put(tmp_path, VISIT + "7,2026-11-20T18:00:00Z,,true,1,,x\n", "visitors.csv")
    (failure,) = facts(tmp_path, register.for_kind(VISITORS)).values()
    assert failure.message.endswith(
        "more: cannot be written in a CSV cell; keep this register as YAML"
    )


def test_a_subclass_needs_two_lines(tmp_path: Path) -> None:
    class Again(register.Register):
        id = kind = "register.staff"

    put(tmp_path, HEAD + COLUMNS + ALICE)
    assert list(facts(tmp_path, Again)) == ["staff/p-01"]


# --- properties


CELLS = st.text(st.sampled_from('ab,"\n é')) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r")
)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=5))
def test_what_the_standard_library_writes_is_read_back(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    text = out.getvalue()
    read = list(cells.records(text, "x.csv"))
    assert [[cell.text for cell in row] for row in read] == rows
    # str.splitlines knows more line ends than CSV does, so the lines are cut by hand.
    lines = re.split(r"\r\n|\n|\r", text)
    for cell in (cell for row in read for cell in row):
        rest = "\n".join(lines[cell.line - 1 :])[cell.column - 1 :]
        plain = re.match(r"[^,\n]*", rest)
        assert plain is not None
        quoted = '"' + cell.text.replace('"', '""') + '"'
        assert rest.startswith(quoted) or plain.group() == cell.text


@given(st.text(st.sampled_from(',"\n\r;#: ab1é')) | st.text(), st.sampled_from(["csv", "yaml"]))
def test_no_text_breaks_the_reader(text: str, form: str) -> None:
    try:
        body = (HEAD + COLUMNS + text).encode()
    except UnicodeEncodeError:
        return
    body = body if form == "csv" else text.encode()
    try:
        made = table.build(body, load_kind("register.staff"), f"staff.{form}")
    except InputError:
        return
    ids = [row.id for row in made.rows]
    assert len(ids) == len(set(ids))
    assert all((row.facts is None) == bool(row.problems) for row in made.rows)
