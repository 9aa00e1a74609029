"""Raw samples from a real Prometheus, whose past was filled in."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.checkers.driver import Reader, Seen, observe
from tests.checkers.probes import server
from troth.catalogue.kinds import load_kind
from troth.checker import Listed
from troth.checkers.probes import prometheus
from troth.checkers.probes.prometheus import Prometheus
from troth.model import Failure, Reason

DAY = 86400
#: The last midnight in UTC: nothing is filled in after it.
END = int(time.time()) // DAY * DAY
BEGIN = END - 40 * DAY
GAP = (END - 20 * DAY, END - 20 * DAY + 1200)


def _shop() -> Iterator[tuple[float, str]]:
    """A probe a minute for forty days: ten minutes down ten days ago, twenty without probes."""
    for at in range(BEGIN, END, 60):
        if not GAP[0] <= at < GAP[1]:
            down = END - 10 * DAY <= at < END - 10 * DAY + 600
            yield at, "0" if down else "1"


def _office() -> Iterator[tuple[float, str]]:
    yield from ((at + 0.25, "1") for at in range(END - 2 * DAY, END, 300))


HOSTILE = r'"shop \"two\"\\\nx{}[5m]"'


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    filled = [
        ('{job="web",instance="shop"}', _shop()),
        ('{job="office",instance="office"}', _office()),
        (f'{{job="odd",instance={HOSTILE}}}', [(END - 600.0, "1")]),
        ('{job="count",instance="n"}', [(END - 600.0, "0.5")]),
    ]
    with server.running(tmp_path_factory.mktemp("prometheus"), filled) as found:
        yield found


def look(
    url: str,
    *series: Mapping[str, Any],
    window: str = "P1M",
    reader: Reader | None = None,
    **more: Any,
) -> tuple[list[Listed], dict[str, dict[str, Seen | Failure]]]:
    """Observe a server; every facet's facts must satisfy the kind."""
    target = {"id": "p", "type": "prometheus", "url": url, "series": list(series), "base_dir": "/"}
    ((_, listed, found),) = observe(
        Prometheus, target | more, {"samples": {"window": window}}, reader
    )
    kind = load_kind("availability-series")
    for facets in found.values():
        for name, seen in facets.items():
            if isinstance(seen, Seen):
                assert kind.validate(name, seen, seen.missing) == []
    return listed, found


def one(job: str, interval: int = 60, **more: str) -> dict[str, Any]:
    selector = f'probe_success{{job="{job}"}}'
    return {"selector": selector, "interval_seconds": interval, "vantage": "external", **more}


def _only(found: dict[str, dict[str, Seen | Failure]]) -> dict[str, Any]:
    assert len(found) == 1, sorted(found)
    return dict(next(iter(found.values())))


def _ordered(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda run: str(run["first_at"]))


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_forty_days_are_four_runs(url: str) -> None:
    listed, found = look(url, one("web"))
    assert listed == []
    assert list(found) == ['prometheus:p:probe_success{instance="shop",job="web"}']
    facets = _only(found)
    assert facets["subject"] == {"system": "shop", "vantage": "external"}
    runs = facets["samples"]["runs"]
    assert runs["complete"] is True
    down = END - 10 * DAY
    assert [
        (run["up"], _at(run["first_at"]), _at(run["last_at"]), run["count"])
        for run in _ordered(runs["items"])
    ] == [
        (True, BEGIN, GAP[0] - 60, 20 * 1440),
        (True, GAP[1], down - 60, 10 * 1440 - 20),
        (False, down, down + 540, 10),
        (True, down + 600, END - 60, 10 * 1440 - 10),
    ]


def test_it_is_the_same_in_small_pieces(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, whole = look(url, one("web"))
    monkeypatch.setattr(prometheus, "CHUNK", 1440)
    reader = Reader(frozenset())
    _, pieces = look(url, one("web"), reader=reader)
    assert _only(pieces)["samples"]["runs"] == _only(whole)["samples"]["runs"]
    assert reader.made["prometheus:GET /api/v1/query"] == 1


def test_a_window_is_read_twice_over(url: str) -> None:
    _, found = look(url, one("web"), window="P7D")
    samples = _only(found)["samples"]
    first = _at(samples["from"])
    assert 15.9 * DAY < time.time() - first < 16.1 * DAY
    assert first <= _at(_ordered(samples["runs"]["items"])[0]["first_at"]) <= first + 60


def test_the_parts_of_a_second_are_kept(url: str) -> None:
    _, found = look(url, one("office", 300))
    (run,) = _only(found)["samples"]["runs"]["items"]
    assert run["first_at"].endswith(".250+00:00")
    assert run["count"] == 576


def test_labels_are_text_and_no_query(url: str) -> None:
    _, found = look(url, one("odd"))
    facets = _only(found)
    assert facets["subject"]["system"] == 'shop "two"\\\nx{}[5m]'
    assert facets["samples"]["runs"]["items"][0]["count"] == 1


def test_a_system_may_be_named_by_the_target_or_another_label(url: str) -> None:
    assert _only(look(url, one("web", system="till"))[1])["subject"]["system"] == "till"
    assert _only(look(url, one("web", system_label="job"))[1])["subject"]["system"] == "web"
    failure = _only_failure(look(url, one("web", system_label="tenant")))
    assert (failure.reason, "system_label" in failure.message) == (Reason.NO_DATA, True)


def _only_failure(seen: tuple[list[Listed], Any]) -> Failure:
    (listed,) = seen[0]
    assert listed.failure is not None
    return listed.failure


def test_what_is_neither_up_nor_down_is_malformed(url: str) -> None:
    failure = _only(look(url, one("count"))[1])["samples"]
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.MALFORMED_RESPONSE
    assert "0.5" in failure.message


def test_a_selector_without_samples_is_told(url: str) -> None:
    listed, found = look(url, one("web"), one("gone"))
    assert len(found) == 1
    assert [row.failure.reason for row in listed if row.failure] == [Reason.NOTHING_FOUND]


def test_selectors_that_share_a_series_make_one(url: str) -> None:
    _, found = look(url, one("web"), one("web"))
    assert len(found) == 1


def test_a_query_that_it_refuses_is_told_in_its_words(url: str) -> None:
    bad = one("web") | {"selector": "probe_success{job}"}
    failure = _only_failure(look(url, bad))
    assert failure.reason is Reason.NOT_SUPPORTED
    assert "bad_data" in failure.message


def test_nobody_listens() -> None:
    failure = _only_failure(look("http://127.0.0.1:1", one("web")))
    assert failure.reason is Reason.UNREACHABLE


def test_a_token_that_is_not_there_is_asked_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_TOKEN", raising=False)
    failure = _only_failure(look(url, one("web"), token="PROMETHEUS_TOKEN"))
    assert failure.reason is Reason.EXPIRED_CREDENTIALS
    assert "PROMETHEUS_TOKEN" in failure.message


def test_the_plan_names_where_it_goes() -> None:
    target = {"id": "p", "url": "https://prometheus.example/base"}
    (partition,) = Prometheus.partitions(target)
    assert Prometheus.egress(target, partition) == ("prometheus.example:443",)


def test_the_span_is_in_utc(url: str) -> None:
    _, found = look(url, one("web"))
    until = datetime.fromisoformat(_only(found)["samples"]["until"])
    assert until.tzinfo == UTC
    assert abs((datetime.now(UTC) - until).total_seconds()) < 300
