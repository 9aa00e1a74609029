"""Pages that must be there to read: which address is named for what, and what a visitor meets."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, Population, measure
from troth.measures.outcomes import nothing, told, unproven
from troth.model import Failure

#: Statuses that tell of a server in trouble, and nothing of the page.
BUSY = (429, *range(500, 600))


@measure(
    "published-topics", per="population", args=("topics",), yields=("published",), on_empty=True
)
def published_topics(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``published`` for each of ``topics``, under the topic as the resource.

    It is True where every address that is named for the topic is readable (:func:`unreadable`),
    False where one is not, and missing where none is named or one of them shows nothing.
    """
    if not inputs.args["topics"]:
        yield Measured({}, {"published": nothing("no topic is asked for")})
    for topic in inputs.args["topics"]:
        yield published(inputs.population, topic)


def published(population: Population, topic: str) -> Measured:
    """Return whether the topic is published, under the topic as the resource."""
    pages, failure = named(population, topic)
    broken = []
    for page in pages:
        try:
            why = unreadable(page)
        except MissingFact as signal:
            failure = failure or signal.failure
            continue
        broken += [f"{page.id} {why}"] if why else []
    if broken:
        return Measured({"published": False}, notes=tuple(broken), resource=topic)
    if not pages and failure is None:
        failure = nothing(f"no web address is named for {topic}; name one with topics and texts")
    return told({"published": failure or True}, topic)


def named(population: Population, topic: str) -> tuple[list[Item], Failure | None]:
    """Return the addresses that are named for a topic, and why there may be more."""
    found, failure = [], population.failure
    for item in population.items:
        try:
            if topic in item.items("use.topics"):
                found.append(item)
        except MissingFact as signal:
            failure = failure or signal.failure
    return found, failure


def unreadable(page: Item) -> str:
    """Return why nobody can read a page, or an empty text where everybody can.

    Readable is what answers 200 on its own site over https, asked from anywhere, and has every
    text that the target names for it. Raises :class:`MissingFact` where that is not shown: also
    where no text is named, and where an address that cannot exist meets the same, which is a soft
    404 or a page that a script writes.
    """
    if not page.id.startswith("https://"):
        raise unproven(f"{page.id} is asked without TLS; name the address with https")
    if page.get("use.vantage") != "outside":
        raise unproven(f"{page.id} was asked from a listed address, so not as anybody may")
    status = page.get("page.status")
    if status in BUSY:
        raise unproven(f"{page.id} answers {status}, which says nothing of the page")
    if page.get("page.site") == "other":
        raise unproven(f"{page.id} leads to another site; name that under sites if it is yours")
    if status != 200:
        return f"answers {status}"
    if page.get("page.catch_all"):
        raise unproven(f"{page.id} meets what an address that cannot exist meets")
    texts = page.items("page.texts")
    if not texts:
        raise unproven(f"no text is named that must be on {page.id}; name some under texts")
    lacking = [each["text"] for each in texts if not each["found"]]
    return f"does not say {', '.join(lacking)}" if lacking else ""


@measure(
    "topics-named", per="population", args=("topics", "access"), yields=("lacking",), on_empty=True
)
def topics_named(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``lacking``: none of ``topics`` is without an address.

    ``access`` is who may read these addresses, empty where that does not matter. A topic without
    one makes ``lacking`` missing: nobody looked there.
    """
    access, lacking, failure = inputs.args["access"], [], inputs.population.failure
    for topic in inputs.args["topics"]:
        pages, unread = named(inputs.population, topic)
        failure = failure or unread
        if not any(not access or page.facts["use"].get("access") == access for page in pages):
            lacking.append(topic)
    if lacking and failure is None:
        where = f" with access {access}" if access else ""
        failure = nothing(f"no web address{where} is named for {', '.join(lacking)}")
    yield told({"lacking": failure if lacking else []})
