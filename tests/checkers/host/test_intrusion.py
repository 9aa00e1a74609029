"""What watches a machine for intruders. Every output is written from the manuals of the tools."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.checkers.host.machines import Tree
from troth.checker import Resource
from troth.checkers.host import agents, sensors
from troth.checkers.host.intrusion import Intrusion
from troth.model import Failure, Reason

STAMP = 1795132800
EVENT = '{"timestamp":"2026-11-20T01:02:03.004005+0900","event_type":"alert","alert":{}}\n'
STATS = '{"timestamp":"2026-11-20T09:00:00.000000+0900","event_type":"stats","stats":{}}\n'
STATE = "status='connected'\nlast_keepalive='2026-11-20 10:00:00'\nlast_ack='2026-11-20 10:00:07'\n"
PLACE = Resource("host:web1:intrusion", "web1")
PROCESSES = "1 root systemd\n700 root Suricata-Main\n701 wazuh wazuh-agentd\n702 root auditd\n"


def watch(tree: Tree) -> list[dict[str, Any]]:
    seen = tree.only(Intrusion)["watch"]["sensors"]
    assert seen["complete"] is True
    return list(seen["items"])


def test_a_machine_without_a_sensor_has_an_empty_list(tree: Tree) -> None:
    assert watch(tree) == []


def test_suricata_with_rules_and_an_event(tree: Tree) -> None:
    tree.write("/usr/bin/suricata", "")
    tree.write(
        "/var/lib/suricata/rules/suricata.rules",
        "alert ip any any -> any any (sid:1;)",
        mtime=STAMP,
    )
    tree.write("/etc/suricata/rules/empty.rules", "", mtime=STAMP + 86400)
    tree.write("/var/log/suricata/eve.json", "cut off}\n" + EVENT + STATS + '{"timestamp":')
    assert watch(tree) == [
        {
            "product": "Suricata",
            "watches": "network",
            "rules_managed": False,
            "rules_at": "2026-11-20T00:00:00+00:00",
            "newest_event_at": "2026-11-19T16:02:03+00:00",
        }
    ]


def test_statistics_are_no_event(tree: Tree) -> None:
    tree.write("/usr/bin/suricata", "")
    tree.write("/var/log/suricata/eve.json", STATS)
    (seen,) = watch(tree)
    assert (seen["newest_event_at"], seen["rules_at"]) == (None, None)


def test_without_a_log_nothing_is_said_of_events(tree: Tree) -> None:
    tree.write("/usr/bin/suricata", "")
    tree.write("/usr/bin/falco", "")
    assert all("newest_event_at" not in seen for seen in watch(tree))


def test_an_agents_last_answer_is_in_the_time_of_the_machine(tree: Tree) -> None:
    tree.write("/var/ossec/bin/wazuh-agentd", "")
    tree.write("/var/ossec/var/run/wazuh-agentd.state", STATE)
    (seen,) = watch(tree)
    assert (seen["rules_managed"], seen["newest_event_at"]) == (True, "2026-11-20T10:00:07+00:00")
    assert sensors.last_answer(STATE, ZoneInfo("Asia/Tokyo")) == datetime(
        2026, 11, 20, 1, 0, 7, tzinfo=UTC
    )


def test_an_event_to_come_is_not_told(tree: Tree) -> None:
    tree.write("/usr/bin/suricata", "")
    tree.write("/var/log/suricata/eve.json", EVENT.replace("2026", "2099"))
    (seen,) = watch(tree)
    assert "newest_event_at" not in seen


def test_an_audit_log_is_listed_as_a_log(tree: Tree) -> None:
    tree.write("/usr/sbin/auditd", "")
    (seen,) = watch(tree)
    assert seen["watches"] == "log"


def test_what_runs_is_seen_among_the_processes() -> None:
    checker = Intrusion.__new__(Intrusion)
    listed = agents.processes(PROCESSES)
    seen = checker.watch(PLACE, ["Suricata", "Zeek", "Wazuh"], listed, {}, {}, None)
    states = {one["product"]: one["state"] for one in seen["sensors"]["items"]}
    assert states == {"Suricata": "running", "Zeek": "stopped", "Wazuh": "running"}


def test_a_local_time_zone_that_is_none_is_unknown(tree: Tree) -> None:
    tree.write("/var/ossec/bin/wazuh-agentd", "")
    tree.write("/var/ossec/var/run/wazuh-agentd.state", STATE)
    tree.write("/etc/localtime", "rubbish")
    seen = tree.only(Intrusion)["watch"]
    assert isinstance(seen, Failure)
    assert seen.reason == Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        (f"#separator \\x09\n{STAMP}.123456\tCab\t10.0.0.1\n{STAMP - 5}.0\tCac\t10.0.0.2\n", STAMP),
        (f'{{"ts":{STAMP}.5,"uid":"C"}}\n', STAMP),
        ("#separator \\x09\n\x1b[2J\n", None),
        ("9" * 100_000, None),
    ],
)
def test_zeek_writes_seconds(text: str, stamp: int | None) -> None:
    wanted = None if stamp is None else datetime.fromtimestamp(stamp, UTC)
    assert sensors.newest_zeek(text) == wanted


@pytest.mark.parametrize(
    "line",
    ['"text"', "[]", "{}", '{"timestamp": 5}', '{"timestamp": "soon"}', "[" * 100_000, "\x00\x1b",
     '{"timestamp": "2026-11-20T01:02:03"}'],
)  # fmt: skip
def test_lines_that_are_no_event_are_passed_over(line: str) -> None:
    assert sensors.newest_json(f"{line}\n{EVENT}") == datetime(2026, 11, 19, 16, 2, 3, tzinfo=UTC)
    assert sensors.newest_json(line) is None


def test_an_answer_on_no_day_of_the_calendar_is_none() -> None:
    assert sensors.last_answer("last_ack='2026-13-41 10:00:00'\n", ZoneInfo("UTC")) is None
    assert sensors.last_answer("last_ack=''\n", ZoneInfo("UTC")) is None
