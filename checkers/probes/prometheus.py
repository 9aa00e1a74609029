"""Probes that Prometheus scraped: raw samples of a metric that is 1 when a probe succeeded.

Read are raw samples, by a range selector at the instant query (``metric[1d]``): the range query
returns values at steps of its own, can pass over a sample that lies between two of them, and
fills a gap of up to five minutes with the value before it, so that it reads as up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from troth.checker import (
    Call,
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Partition,
    Reason,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.probes import api
from troth.checkers.probes.series import Sample, Series, as_facts, joined

#: About how many samples one answer may hold; it decides how much time one query spans.
CHUNK = 50_000
_LONGEST = timedelta(days=31)
_SELECTOR = r"^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^\[\]]*\})?$"
_UP = {"1": True, "0": False}


class Prometheus(Series):
    """The series of a Prometheus server that troth.yaml chooses; each label set is one."""

    id = "probes.prometheus"
    target_type = "prometheus"
    client_library = ("httpx", "troth[http]")
    options: ClassVar[Mapping[str, Any]] = {
        **api.OPTIONS,
        "series": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["selector", "interval_seconds", "vantage"],
                "properties": {
                    "selector": {"type": "string", "pattern": _SELECTOR,
                                 "description": 'which series, such as probe_success{job="shop"}'},
                    "interval_seconds": {"type": "number", "exclusiveMinimum": 0,
                                         "description": "the scrape interval"},
                    "vantage": {"enum": ["external", "internal"],
                                "description": "whether it probes from outside your networks"},
                    "system": {"type": "string", "minLength": 1,
                               "description": "what is probed, as the register of assets names it"},
                    "system_label": {"type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$",
                                     "description": "the label that names it; instance by default"},
                },
            },
            "description": "the series whose value is 1 when a probe succeeded and 0 when not",
        },
    }  # fmt: skip
    required_options: ClassVar[Sequence[str]] = ("url", "series")
    lists: ClassVar[Sequence[str]] = ("labels",)

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return the server's host and port."""
        return (api.place(str(target["url"])),)

    @call("prometheus:GET /api/v1/series", actions=["query Prometheus"], per="partition")
    def labels(self) -> list[list[dict[str, str]]]:
        """Return the label sets of each selector that had samples in the time asked for.

        One that is no longer scraped is among them as long as its samples are kept.
        """
        begin, end = self._span()
        found = []
        for one in self.target["series"]:
            asked = {"match[]": one["selector"], "start": begin.timestamp(), "end": end.timestamp()}
            rows = api.get(self.target, "/api/v1/series", asked)
            found.append([_label_set(row) for row in api.rows(rows)])
        return found

    @call("prometheus:GET /api/v1/query", actions=["query Prometheus"], per="resource")
    def raw_samples(self, series: Resource) -> dict[str, Any]:
        """Return the runs of one series' samples, read a piece of time after the other."""
        described, labels = self._described(series)
        begin, end = self._span()
        interval = float(described["interval_seconds"])
        return {
            "from": begin.isoformat(),
            "until": end.isoformat(),
            "runs": joined(self._samples(labels, interval, begin, end), interval),
        }

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every series; a selector that finds none makes the list incomplete."""
        seen = set()
        for one, sets in zip(self.target["series"], self.read("labels"), strict=True):
            if not sets:
                text = f"{one['selector']} has no samples; correct it, or look at the scrape"
                yield Listed(Failure(Reason.NOTHING_FOUND, text))
            for labels in sets:
                name = self._id(labels)
                if name not in seen:
                    seen.add(name)
                    yield Resource(name, _system(one, labels), self.partition.name)

    @facet("subject", uses=["labels"])
    def subject(self, series: Resource, labels: Any) -> dict[str, Any]:
        """Return what the target says of the series, and the system that its label names."""
        described, found = self._described(series)
        return {"system": _system(described, found), "vantage": described["vantage"]}

    @facet("samples", uses=["raw_samples"])
    def samples(self, series: Resource, read: dict[str, Any]) -> Facts:
        """Return the results; where the server kept none there are none, and nobody looked."""
        described, _ = self._described(series)
        interval = float(described["interval_seconds"])
        return as_facts(read["runs"], interval, read["from"], read["until"])

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Turn what the client library raised into a failure."""
        return api.failure_of(error)

    def _span(self) -> tuple[datetime, datetime]:
        """Return from when to when samples are read."""
        return self.since(self.request("samples")), datetime.now(UTC).replace(microsecond=0)

    def _samples(
        self, labels: Mapping[str, str], interval: float, begin: datetime, end: datetime
    ) -> Iterator[Sample]:
        """Yield every sample once, in order; neighbouring pieces may both have the one between."""
        step = min(_LONGEST, timedelta(seconds=max(1, int(CHUNK * interval))))
        last = -1
        while begin < end:
            upto = min(begin + step, end)
            seconds = int((upto - begin).total_seconds())
            asked = {"query": f"{_selector(labels)}[{seconds}s]", "time": upto.timestamp()}
            for at, up in _values(api.get(self.target, "/api/v1/query", asked)):
                if at > last:
                    yield (last := at), up
            begin = upto

    def _id(self, labels: Mapping[str, str]) -> str:
        return f"prometheus:{self.target['id']}:{_selector(labels)}"

    def _described(self, series: Resource) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        for one, sets in zip(self.target["series"], self.read("labels"), strict=True):
            for labels in sets:
                if self._id(labels) == series.id:
                    return one, labels
        raise ObservationFailed(Reason.NO_DATA, "the series is no longer listed")


def _label_set(row: Any) -> dict[str, str]:
    demand(row, "__name__")
    if not all(isinstance(value, str) for value in row.values()):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a label is no text")
    return dict(row)


def _system(one: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    label = str(one.get("system_label", "instance"))
    if "system" in one:
        return str(one["system"])
    if label not in labels:
        text = f"a series of {one['selector']} has no label {label}; name system or system_label"
        raise ObservationFailed(Reason.NO_DATA, text)
    return labels[label]


def _selector(labels: Mapping[str, str]) -> str:
    """Return the selector of exactly one series, its labels in order."""
    quoted = ",".join(
        f'{name}="{_escaped(value)}"'
        for name, value in sorted(labels.items())
        if name != "__name__"
    )
    return f"{labels['__name__']}{{{quoted}}}"


def _escaped(value: str) -> str:
    return re.sub(r'[\\"\n]', lambda sign: {"\n": r"\n"}.get(sign[0], f"\\{sign[0]}"), value)


def _values(answer: Any) -> Iterator[Sample]:
    """Yield the samples of an answer of one series; raises ``malformed-response``."""
    if demand(answer, "data", "resultType") != "matrix":
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the answer is no matrix of samples")
    found = demand(answer, "data", "result")
    if len(found) > 1:
        text = "two series have these labels; the server merges several, name one of them"
        raise ObservationFailed(Reason.NOT_SUPPORTED, text)
    for row in found:
        for at, value in demand(row, "values"):
            if value not in _UP:
                text = f"a sample is {value[:20]!r}; only 1 (up) and 0 (down) are probe results"
                raise ObservationFailed(Reason.MALFORMED_RESPONSE, text)
            yield round(at * 1000), _UP[value]
