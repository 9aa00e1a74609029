"""The end of a service: whether customers were told early enough, and on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told, unproven
from troth.measures.pages import unreadable
from troth.measures.reading import after, day, today


@measure(
    "earliest-end", per="resource", args=("announced", "notice"), yields=("announced", "ends_on")
)
def earliest_end(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``announced`` and ``ends_on``, the earliest ISO date on which a service may end.

    ``announced`` is whether the ISO date at the path of that name has come. The end lies one
    calendar duration ``notice`` after that date, or after today as long as nothing is announced.
    """
    for item in inputs.population.items:
        try:
            text, now = item.get(inputs.args["announced"]), today(inputs)
            come = text is not None and day(text) <= now
            ends = after(day(text) if come else now, inputs.args["notice"])
            yield Measured({"announced": come, "ends_on": ends.isoformat()}, resource=item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(("announced", "ends_on"), signal.failure), item.id)


@measure("notice-page", per="resource", yields=("due", "shown"))
def notice_page(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``due`` and ``shown`` per row of ``register.service-lifecycle``.

    A page is due from the day of the announcement through the last day of the service. It is
    shown where the row's address is readable by everybody and one of the texts that are there is
    the last day: its year, month and day, the month in letters or as a number.
    """
    for item in inputs.population.items:
        try:
            told_on, ends = item.get("row.announced_on"), item.get("row.ends_on")
            now = today(inputs).isoformat()
            due = told_on is not None and ends is not None and told_on <= now <= ends
            shown, why = _shown(item, day(ends), inputs) if due else (False, "")
            yield Measured({"due": due, "shown": shown}, {}, (why,) if why else (), item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(("due", "shown"), signal.failure), item.id)


def _shown(row: Item, ends: date, inputs: Inputs) -> tuple[bool, str]:
    url, pages = row.get("row.url"), inputs.needs["http-endpoint"]
    if url is None:
        raise unproven("the row does not say where the notice is; enter its url")
    found = [page for page in pages.items if page.id.partition("#address=")[0] == url]
    if not found:
        raise MissingFact(pages.failure or nothing(f"{url} is not asked; name it with the date"))
    for page in found:
        why = unreadable(page)
        if why:
            return False, f"{page.id} {why}"
        if not any(_is(each["text"], ends) for each in page.items("page.texts")):
            raise unproven(f"no text is named that must be on {url} and is the date {ends}")
    return True, ""


def _is(text: str, date_: date) -> bool:
    numbers = [int(number) for number in re.findall(r"[0-9]{1,4}", text)]
    month = date_.month in numbers or re.search(r"[^\W\d_]", text) is not None
    return date_.year in numbers and date_.day in numbers and month
