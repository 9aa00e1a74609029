"""The web application: which address shows which page, who may ask, and what goes with an answer.

Only reading: GET and HEAD, no cookie, no form, no redirect. Whatever goes wrong is a page with a
sentence and a way back.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Flask, Response, request
from jinja2 import UndefinedError
from werkzeug.exceptions import HTTPException

from troth.canonical import CanonicalError
from troth.credentials import redacted
from troth.errors import TrothError, UsageError
from troth.history.reading import History
from troth.history.store import StoreError
from troth.report.words import harmless
from troth.serve import address, clause, document, endings, finding, look, night, overview
from troth.serve.source import Source

_Page = TypeVar("_Page")

#: What reading and telling a row raises that somebody has edited.
_ODD = (LookupError, TypeError, ValueError, UndefinedError)

METHODS = ("GET", "HEAD")
#: What goes with every answer: nothing from elsewhere, nothing kept, nothing framed.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NOWHERE = "Nothing of the history has this address."
_FOR_EVER = "public, max-age=31536000, immutable"


class Missing(Exception):
    """There is no such page; what there is not."""


class Unusable(Exception):
    """The history cannot be read now; why, and the next step."""


def now() -> datetime:
    """Return the current time, aware."""
    return datetime.now(UTC)


def make(source: Source, names: frozenset[str], clock: Callable[[], datetime] = now) -> Flask:
    """Return the application over a store, for whoever asks by one of the host names."""
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.url_map.merge_slashes = False
    app.debug = False  # whatever FLASK_DEBUG says
    assets = look.assets()
    by_kind = {name.partition("-")[0]: name for name in assets}
    pages = _Pages(source, clock, look.engine(scope=source.scope, assets=by_kind))

    @app.before_request
    def _guard() -> Response | None:
        return _refused(names)

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.get("/<name>", endpoint="asset")
    def _asset(name: str) -> Response:
        if name not in assets:
            raise Missing(_NOWHERE)
        found = assets[name]
        return Response(found.body, headers={"Cache-Control": _FOR_EVER}, content_type=found.kind)

    for rule, view in pages.rules.items():
        app.add_url_rule(rule, rule, view, methods=["GET"])
    app.register_error_handler(Exception, pages.failed)
    return app


def _refused(names: frozenset[str]) -> Response | None:
    """Return the answer to a request that no page is asked for, None for one to go on with."""
    if not address.known(request.environ.get("HTTP_HOST", ""), names):
        text = "This name is not one of this server's; see --host-name of troth serve.\n"
        return Response(text, 421, content_type="text/plain; charset=utf-8")
    if request.method not in METHODS:
        text = "These pages can only be read.\n"
        allow = {"Allow": ", ".join(METHODS)}
        return Response(text, 405, allow, content_type="text/plain; charset=utf-8")
    return None


class _Pages:
    """The pages: each reads the history, gives it back, and is made of what was read."""

    def __init__(self, source: Source, clock: Callable[[], datetime], engine: Any) -> None:
        self._source = source
        self._clock = clock
        self._engine = engine
        self.rules: dict[str, Callable[..., Response]] = {
            "/": self.overview,
            "/endings": self.endings,
            "/runs": self.runs,
            "/runs/<path:name>": self.run,
            "/documents/<policy>": self.document,
            "/documents/<policy>/<number>": self.clause,
            "/findings/<key>": self.finding,
        }

    def overview(self) -> Response:
        return self._shown("overview", lambda history: overview.page(history, self._clock()))

    def endings(self) -> Response:
        def look_at(history: History) -> endings.Page:
            return endings.page(history, history.night("latest"), self._clock().date())

        return self._shown("endings", look_at)

    def runs(self) -> Response:
        before = request.args.get("before", "")
        return self._shown("runs", lambda history: night.listed(history, before))

    def run(self, name: str) -> Response:
        return self._shown("run", lambda history: night.page(history, name))

    def document(self, policy: str) -> Response:
        return self._shown("document", lambda history: document.page(history, policy))

    def clause(self, policy: str, number: str) -> Response:
        today = self._clock().date()
        return self._shown("promise", lambda history: clause.page(history, policy, number, today))

    def finding(self, key: str) -> Response:
        return self._shown("finding", lambda history: finding.page(history, key))

    def failed(self, error: Exception) -> Response:
        """Return the page that says what went wrong."""
        if isinstance(error, Missing):
            return self._page("missing", 404, said=str(error))
        if isinstance(error, Unusable):
            return self._page("unusable", 503, said=str(error))
        if isinstance(error, HTTPException):
            return self._page("missing", error.code or 500, said=_NOWHERE)
        _log(error)
        return self._page("bug", 500)

    def _shown(self, template: str, look_at: Callable[[History], _Page]) -> Response:
        """Return a page of what was read; raises :class:`Missing` or :class:`Unusable`."""
        try:
            return self._page(template, 200, page=self._read(look_at))
        except _ODD as error:
            _log(error)
            text = "what the history says does not fit together; troth history verify tells more"
            raise Unusable(text) from None

    def _read(self, look_at: Callable[[History], _Page]) -> _Page:
        try:
            with self._source.history() as history:
                if not history.first:
                    raise StoreError("nothing was recorded yet; troth history record RUN does it")
                return _found(look_at, history)
        except CanonicalError:
            raise  # an edited row: see _ODD
        except TrothError as error:
            raise Unusable(redacted(str(error))) from None

    def _page(self, template: str, status: int, **more: Any) -> Response:
        body = self._engine.get_template(f"{template}.html.j2").render(**more)
        return Response(body, status, content_type="text/html; charset=utf-8")


def _found(look_at: Callable[[History], _Page], history: History) -> _Page:
    try:
        return look_at(history)
    except StoreError:
        raise
    except UsageError as error:
        raise Missing(redacted(str(error))) from None


def _log(error: Exception) -> None:
    """Write a failure of ours to standard error, which is a server's log."""
    for line in redacted("".join(traceback.format_exception(error))).splitlines():
        print(f"troth: {harmless(line)}", file=sys.stderr)
