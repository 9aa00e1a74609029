"""What the status page and the news give to programs: incidents as JSON, RSS 2.0 and Atom 1.0."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from troth.demo.moments import Moments

#: Incidents of the status page: the id in the register, how many hours ago it began, after how
#: many minutes it was first posted, and after how many hours it was over. The second one was
#: posted too late (a fault).
INCIDENTS = (("i-1", 2000, 8, 30), ("i-4", 800, 40, 500))
#: News: path, and how many hours ago it came out; both have a row in the register publications.
NEWS = (("/news/1", 499), ("/news/2", 299))


@dataclass(frozen=True)
class Entry:
    """An entry of a feed; ``at`` is when it was published."""

    key: str
    title: str
    at: datetime


@dataclass(frozen=True)
class Made:
    """A document that is made when it is asked for, from the moments and the Host header."""

    media: str
    write: Callable[[Moments, str], str]


def changes(moments: Moments) -> list[Entry]:
    """Return an entry for each change of the status page, and one from before them all."""
    found = [Entry("opened", "This page is open", moments.ago(hours=3000))]
    for key, began, minutes, hours in INCIDENTS:
        posted = moments.ago(hours=began - minutes / 60)
        found.append(Entry(f"{key}-posted", f"Incident {key}", posted))
        over = moments.ago(hours=began - hours)
        found.append(Entry(f"{key}-over", f"Incident {key} is over", over))
    return found


def incidents(moments: Moments, _: str) -> str:
    """Return the incidents as Statuspage's public interface gives them."""
    rows = []
    for key, began, minutes, hours in INCIDENTS:
        posted = moments.ago(hours=began - minutes / 60).isoformat()
        row = {
            "id": key,
            "created_at": posted,
            "started_at": moments.ago(hours=began).isoformat(),
            "resolved_at": moments.ago(hours=began - hours).isoformat(),
            "incident_updates": [{"created_at": posted}],
        }
        rows.append(row)
    return json.dumps({"incidents": rows})


def news(moments: Moments, host: str) -> str:
    """Return the news as RSS; the key of each is its address."""
    found = [Entry(f"https://{host}{path}", path, moments.ago(hours=ago)) for path, ago in NEWS]
    return rss(found)


def rss(entries: Iterable[Entry]) -> str:
    """Return an RSS 2.0 document."""
    rows = "".join(
        f"<item><guid>{each.key}</guid><title>{each.title}</title>"
        f"<pubDate>{format_datetime(each.at)}</pubDate></item>"
        for each in entries
    )
    return f'<rss version="2.0"><channel><title>Hinoki</title>{rows}</channel></rss>'


def atom(entries: Iterable[Entry]) -> str:
    """Return an Atom 1.0 document."""
    rows = "".join(
        f"<entry><id>urn:hinoki:{each.key}</id><title>{each.title}</title>"
        f"<published>{each.at.isoformat()}</published></entry>"
        for each in entries
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Hinoki</title>{rows}</feed>'


#: The documents by the name that ``texts/sites.yaml`` gives them.
MADE = {
    "incidents": Made("application/json", incidents),
    "news": Made("application/rss+xml", news),
    "status-rss": Made("application/rss+xml", lambda moments, _: rss(changes(moments))),
    "status-atom": Made("application/atom+xml", lambda moments, _: atom(changes(moments))),
}
