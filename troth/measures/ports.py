"""Whether enough ports were asked: a port that nobody asked is not closed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from troth.measures.base import Inputs, Item, Measured, MissingFact, Population, measure
from troth.model import Failure, Reason


@measure(
    "ports-asked", per="population", args=("vantages", "ports", "least"), yields=("asked",),
    on_empty=True,
)  # fmt: skip
def ports_asked(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``asked``: True when each host was asked at enough ports from where it counts.

    Counted are ports asked from one of ``vantages``. Each host needs every one of ``ports`` (texts)
    and ``least`` ports that are not published. Otherwise ``asked`` is missing: that nothing else
    answers is then unproven.
    """
    hosts, failure = _hosts(inputs.population, inputs.args["vantages"])
    wanted = set(inputs.args["ports"])
    if not hosts and failure is None:
        places = " or ".join(inputs.args["vantages"])
        text = f"no port was asked from {places}; say where the target looks from"
        failure = Failure(Reason.UNPROVEN, text)
    for host, rows in sorted(hosts.items()):
        failure = failure or _short(host, rows, wanted, inputs.args["least"])
    yield Measured({}, {"asked": failure}) if failure else Measured({"asked": True})


def _hosts(
    population: Population, vantages: Sequence[str]
) -> tuple[dict[tuple[str, str], dict[int, bool]], Failure | None]:
    """Return host to port to whether it is published, and why some may be lacking."""
    hosts: dict[tuple[str, str], dict[int, bool]] = {}
    failure = population.failure
    for item in population.items:
        try:
            number, published = item.get("place.number"), item.get("place.published")
            if item.get("place.vantage") in vantages:
                hosts.setdefault((item.target, _host(item, number)), {})[number] = published
        except MissingFact as signal:
            failure = failure or signal.failure
    return hosts, failure


def _host(item: Item, number: int) -> str:
    """Return the resource's id without its port."""
    return re.sub(rf":{number}(?=$|[/?])", "", item.id, count=1)


def _short(
    host: tuple[str, str], rows: Mapping[int, bool], wanted: set[str], least: int
) -> Failure | None:
    others = sum(not published for published in rows.values())
    # Texts, for what is no number was not asked either; sorted as numbers would be.
    left = wanted - {str(number) for number in rows}
    lacking = ", ".join(sorted(left, key=lambda text: (len(text), text)))
    if lacking:
        text = f"{host[1]} was not asked at {lacking}; name these ports in the target"
    elif others < least:
        text = f"{host[1]} was asked at {others} ports that it does not publish; ask at {least}"
    else:
        return None
    return Failure(Reason.UNPROVEN, text)
