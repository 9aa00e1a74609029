"""docs/notify.md says what is: every address in it can be used, every list is complete."""

from __future__ import annotations

import json
import re

import jsonschema_rs
import pytest

from tests.house.tree import ROOT, block, blocks
from troth import yamlfile
from troth.catalogue.formats import bundled
from troth.config import Channel
from troth.history.changes import NOTIFIED, Change
from troth.notify import check_channels, message, ping_of, post, through_apprise, webhook

PAGE = ROOT / "docs" / "notify.md"
TEXT = PAGE.read_text(encoding="utf-8")
ADDRESSES = re.findall(r"^\| [^|]+ \| `(\w+://[^`]+)` \|$", TEXT, re.MULTILINE)
PINGS = [line for _, _, body in blocks(PAGE) for line in body.splitlines()
         if line.startswith("https://")]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda text: text.partition(":")[0])
def test_an_address_of_the_page_can_be_used(address: str) -> None:
    assert check_channels([Channel("X", "apprise", frozenset())], {"X": address}) == []


def test_the_addresses_are_found() -> None:
    assert (len(ADDRESSES), len(PINGS)) == (7, 4)


@pytest.mark.parametrize("address", PINGS)
def test_a_switch_of_the_page_can_be_used(address: str) -> None:
    assert ping_of("X", {"X": address})[1] == ""


def test_every_change_is_told_with_when_it_is_sent() -> None:
    table = TEXT.partition("| change | when |")[2].partition("\n\n")[0]
    named = re.findall(r"`([a-z-]+)`", table)
    assert set(named) == set(Change) - {Change.STILL}
    (asked,) = re.findall(r"^\| (`resource-gone`.*?) \| only", table, re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+)`", asked)) == set(Change) - NOTIFIED - {Change.STILL}


def test_the_example_of_the_configuration_is_one() -> None:
    data = yamlfile.parse(block(PAGE, "yaml"), "notify.md").data
    properties = bundled("config")
    schema = {"$defs": properties["$defs"], "properties": properties["properties"]}
    assert list(data) == ["notify", "ping"]
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(data)


def test_the_example_of_the_document_is_one() -> None:
    body = json.loads(block(PAGE, "json"))
    validator = jsonschema_rs.Draft202012Validator(bundled("notification"), validate_formats=True)
    assert [error.message for error in validator.iter_errors(body)] == []


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    said = " ".join(TEXT.split())
    for told in (
        f"at most {message.ITEMS} changes and {message.BODY // 1024} KiB",
        f"of at most {message.TITLE} characters",
        f"at most {webhook.EVENTS:,} and at most {webhook.BYTES >> 20} MiB",
        f"each with {post.EXCHANGE:g} seconds for the whole exchange, after pauses of "
        f"{webhook.PAUSES[0]:g} and {webhook.PAUSES[1]:g} seconds",
        f"honoured up to {webhook.LONGEST:g} seconds",
        f"A delivery has {through_apprise.SECONDS:g} seconds",
    ):
        assert told in said
