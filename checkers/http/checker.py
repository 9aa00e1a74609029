"""The checker of web addresses: what each answers to anybody who asks."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from troth.checker import (
    Checker,
    Facts,
    Failure,
    Listed,
    Partition,
    Reason,
    Request,
    Resource,
    call,
    complete,
    demand,
    facet,
)
from troth.checkers.http import (
    client,
    cookies,
    facts,
    forging,
    headers,
    page_facts,
    pages,
    transport_security,
    urls,
)
from troth.checkers.http.exchange import UNCONNECTED, Exchange
from troth.checkers.http.inquiry import Chain, Inquiry, impossible
from troth.checkers.http.pages import Page
from troth.checkers.http.urls import Url
from troth.checkers.network import places
from troth.checkers.network.loop import shared
from troth.errors import Place, Problem

_TIMEOUT, _DEADLINE = 5.0, 30.0
_CONNECT = ["connect host:port"]


class Addresses(Checker):
    """Web addresses named in troth.yaml or in a file, asked over the network.

    Every request goes over a connection of its own, without credentials, cookies or a proxy. A
    certificate that does not verify is noted in the evidence and hides nothing; whether it can be
    trusted is a matter for the tls checkers.

    What is not seen: what scripts write, a redirect by script or by a ``meta`` element, HTTP/2 and
    HTTP/3 alone, pages above 2 MB, and whether a body that only its connection's end delimits was
    cut off.
    """

    id = "http.endpoint"
    kind = "http-endpoint"
    target_type = "http"
    client_library = ("httpx", "troth[http]")
    at_once = 64
    lists = ("named",)
    options: ClassVar[Mapping[str, Any]] = {
        **pages.OPTIONS,
        "vantage": {
            "enum": ["outside", "listed"],
            "default": "outside",
            "description": "where this machine stands: anywhere, or at an address that "
            "administrators are let in from",
        },
        "forged_address": {
            "type": "string",
            "default": "127.0.0.1",
            "description": "IP address to forge for pages with access: admin; best a listed one",
        },
        "trust_store": {
            "type": "string",
            "description": "PEM file of the trusted authorities; default: this machine's store",
        },
        "timeout_seconds": {"type": "number", "exclusiveMinimum": 0, "default": _TIMEOUT},
        "deadline_seconds": {"type": "number", "exclusiveMinimum": 0, "default": _DEADLINE},
    }

    def __init__(
        self,
        target: Mapping[str, Any],
        partition: Partition,
        read: Any,
        requests: Mapping[str, Request],
    ) -> None:
        """Start every page's time when it is first asked."""
        super().__init__(target, partition, read, requests)
        self._inquiries: dict[str, Inquiry] = {}
        self._lock = threading.Lock()

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return ``host:port`` of every page, its plain port, and every further site."""
        return pages.egress(target)

    @classmethod
    def problems(cls, target: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with the addresses and files that the target names."""
        found = list(pages.problems(target))
        forged, store = target.get("forged_address", ""), target.get("trust_store", "")
        if forged and not places.is_address(forged):
            text = f"forged_address {forged!r} is not an IP address"
            found.append(Problem(Place(f"target {target['id']}"), text))
        if store and not _path(target, store).is_file():
            found.append(Problem(Place(store), "there is no such file; correct trust_store:"))
        return found

    @call("file:pages", actions=["read pages_file"], per="partition")
    def named(self) -> Any:
        """Return the pages by resource id, and what is wrong with entries that are none."""
        read = list(pages.read(pages.entries(self.target)))
        return {
            "pages": {page.id: page for page, _ in read if page},
            "wrong": [problem for _, problem in read if problem],
        }

    @call("http:Get", actions=_CONNECT, per="resource")
    def first(self, resource: Resource) -> Exchange:
        """Return the answer to GET, redirects not followed."""
        page, inquiry = self._page(resource.id), self._inquiry(resource.id)
        opened = inquiry.opened(client.Request(page.url), self._controls(page), self._trust())
        return shared().run(opened)

    @call("http:GetForged", actions=_CONNECT, per="resource")
    def forged(self, resource: Resource) -> tuple[Exchange, ...]:
        """Return the answers to a forged, an honest and a forged GET of an administration page."""
        page, first = self._page(resource.id), self.read("first", resource)
        if page.access != "admin" or not first.answered or first.body_failure:
            return ()
        claim = forging.headers(str(self.target.get("forged_address", "127.0.0.1")))
        inquiry = self._inquiry(resource.id)

        async def asked() -> tuple[Exchange, ...]:
            claims = (claim, (), claim)
            return tuple([await inquiry.ask(client.Request(page.url, "GET", c)) for c in claims])

        return shared().run(asked())

    @call("http:Post", actions=_CONNECT, per="key", effect="data-read")
    def posted(self, page_id: str) -> Exchange:
        """Return the answer to a POST with an empty form; where GET has none, that of GET."""
        page = self._page(page_id)
        first: Exchange = self.read("first", self._resource(page))
        return self._settled(page, page.url, "POST") if first.answered else first

    @call("http:GetPlain", actions=_CONNECT, per="resource")
    def plain_got(self, resource: Resource) -> Exchange:
        """Return the answer to GET without TLS; a host that was found dead is not asked again."""
        page = self._page(resource.id)
        first: Exchange = self.read("first", resource)
        if first.kind in UNCONNECTED and not first.proven:
            return replace(first, url=page.plain)
        return self._settled(page, page.plain, "GET")

    @call("http:PostPlain", actions=_CONNECT, per="key", effect="data-read")
    def plain_posted(self, page_id: str) -> Exchange:
        """Return the answer to a POST with an empty form without TLS, as :meth:`posted`."""
        page = self._page(page_id)
        got: Exchange = self.read("plain_got", self._resource(page))
        return self._settled(page, page.plain, "POST") if got.answered else got

    @call("http:GetRedirected", actions=_CONNECT, per="resource")
    def followed(self, resource: Resource) -> Chain:
        """Return the first answer and the redirects behind it, as far as the scope goes."""
        first = self.read("first", resource)
        return shared().run(self._inquiry(resource.id).followed(first))

    @call("http:GetImpossible", actions=_CONNECT, per="resource")
    def impossible(self, resource: Resource) -> Chain | None:
        """Return what an address meets that cannot exist; None where no text was read."""
        chain = self.read("followed", resource)
        if chain.failure or chain.away or chain.last.body_failure:
            return None
        return self._chain(resource.id, impossible(chain.last.url))

    @call("http:GetIncidents", actions=_CONNECT, per="resource")
    def incident_list(self, resource: Resource) -> Chain | None:
        """Return the list of incidents; None where the target names none."""
        page, first = self._page(resource.id), self.read("first", resource)
        if page.incidents and page.incidents.authority == page.url.authority and not first.answered:
            return Chain((first,), failure=first.failure)
        return self._chain(resource.id, page.incidents) if page.incidents else None

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every page once; an entry that is none makes the list incomplete."""
        found = demand(self.read("named"))
        for page in found["pages"].values():
            yield self._resource(page)
        for problem in found["wrong"]:
            yield Listed(failure=Failure(Reason.MALFORMED_RESPONSE, problem))

    def allowed_posts(self, resource: Resource) -> list[str]:
        """Return the page's id where the target allows a POST, else nothing."""
        return [resource.id] if "data-read" in self.target.get("allow", ()) else []

    @facet("use", uses=["named"])
    def use(self, resource: Resource, named: Any) -> Facts:
        """Tell what the target says about the page."""
        page: Page = named["pages"][resource.id]
        vantage = self.target.get("vantage", "outside")
        return Facts(
            {"access": page.access, "topics": complete(set(page.topics)), "vantage": vantage}
        )

    @facet("answer", uses=["named", "first", "forged", "posted"], keys="allowed_posts")
    def answer(
        self, resource: Resource, named: Any, first: Exchange, forged: Any, posted: Any
    ) -> Facts:
        """Compute what a request without credentials meets."""
        page: Page = named["pages"][resource.id]
        scope = self._scope(page)
        sign_in = [urls.join(page.url, each) for each in self.target.get("sign_in", ())]
        return facts.answer(page, first, forged, posted.values(), scope, sign_in)

    @facet("plain", uses=["named", "plain_got", "plain_posted"], keys="allowed_posts")
    def plain(self, resource: Resource, named: Any, plain_got: Exchange, posted: Any) -> Facts:
        """Compute what the host answers without TLS."""
        return facts.plain(named["pages"][resource.id], plain_got, posted.values())

    @facet("transport_security", uses=["first"])
    def transport_security(self, resource: Resource, first: Exchange) -> dict[str, Any]:
        """Compute whether browsers are told to stay with https."""
        values = facts.demanded(first).header("strict-transport-security")
        return transport_security.facts(values, secure=first.url.scheme == "https")

    @facet("headers", uses=["followed"])
    def headers(self, resource: Resource, followed: Chain) -> Facts:
        """Tell the headers of the page at which the redirects end."""
        return headers.facts(page_facts.ended(followed))

    @facet("cookies", uses=["followed"])
    def cookies(self, resource: Resource, followed: Chain) -> dict[str, Any]:
        """Tell the cookies that are given on the way to the page."""
        page_facts.ended(followed)
        return {"given": complete(cookies.given(followed.hops))}

    @facet("page", uses=["named", "followed", "impossible"])
    def page(self, resource: Resource, named: Any, followed: Chain, impossible: Any) -> Facts:
        """Compute what a visitor reads."""
        return page_facts.page(named["pages"][resource.id], followed, impossible)

    @facet("feed", uses=["named", "followed"])
    def feed(self, resource: Resource, named: Any, followed: Chain) -> Facts:
        """Read the entries of a feed."""
        return page_facts.feed(named["pages"][resource.id], followed)

    @facet("incidents", uses=["incident_list"])
    def incidents(self, resource: Resource, incident_list: Chain | None) -> Facts:
        """Read the incident history of a status page."""
        return page_facts.reported(incident_list)

    def _page(self, page_id: str) -> Page:
        found: Page = demand(self.read("named"), "pages")[page_id]
        return found

    def _inquiry(self, page_id: str) -> Inquiry:
        page = self._page(page_id)
        seconds = float(self.target.get("timeout_seconds", _TIMEOUT))
        deadline = float(self.target.get("deadline_seconds", _DEADLINE))
        with self._lock:
            if page_id not in self._inquiries:
                self._inquiries[page_id] = Inquiry(self._scope(page), seconds, deadline)
            return self._inquiries[page_id]

    def _resource(self, page: Page) -> Resource:
        return Resource(page.id, str(page.url), self.partition.name)

    def _settled(self, page: Page, url: Url, method: str) -> Exchange:
        """Ask for a status; a refusal is held against the page itself, or its controls."""
        inquiry = self._inquiry(page.id)
        controls = [each for each in (page.url, *self._controls(page)) if each.port != url.port]
        request = client.Request(url, method, whole=False)
        return shared().run(inquiry.settled(request, controls))

    def _chain(self, page_id: str, url: Url) -> Chain:
        inquiry = self._inquiry(page_id)

        async def asked() -> Chain:
            return await inquiry.followed(await inquiry.settled(client.Request(url), ()))

        return shared().run(asked())

    def _controls(self, page: Page) -> list[Url]:
        """Return one address for every other port of the page's host that the target names."""
        found: dict[int, Url] = {page.plain_port: page.plain}
        for other in pages.neighbours(page, self._pages()):
            found.setdefault(other.url.port, other.url)
        return [url for url in found.values() if url.port != page.url.port]

    def _scope(self, page: Page) -> dict[str, str]:
        return pages.scope(page, self._pages(), pages.sites(self.target))

    def _pages(self) -> list[Page]:
        return list(demand(self.read("named"), "pages").values())

    def _trust(self) -> ssl.SSLContext | None:
        """Return settings that verify, None where the trust store cannot be read."""
        given = self.target.get("trust_store", "")
        try:
            return client.verifying(str(_path(self.target, given)) if given else "")
        except OSError:
            return None


def _path(target: Mapping[str, Any], given: str) -> Path:
    return Path(target.get("base_dir", ".")) / given
