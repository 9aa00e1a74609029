"""The AWS emulator: moto's server on a free port of loopback, with a few answers in front of it.

moto does not weigh what the caller may do, so what the scanner's role may not read is refused in
front of it, in S3's words. And it lacks an operation that is answered there: with an empty list.
"""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

#: A request that is refused: method, path, and the beginning of the query.
Refusal = tuple[str, str, str]

_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
)
_LACKING = b"DescribeDBClusterAutomatedBackups"
_EMPTY = (
    b'<%sResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><%sResult>'
    b"<DBClusterAutomatedBackups/></%sResult></%sResponse>" % ((_LACKING,) * 4)
)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@contextlib.contextmanager
def serving(refused: Collection[Refusal]) -> Iterator[str]:
    """Serve until the block ends; yield the server's address."""
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    class Quiet(MotoRequestHandler):
        """Writes no log line for each request."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Keep the terminal for the demo's own words."""

    application = _before(DomainDispatcherApplication(create_backend_app), refused)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True, name="demo-aws")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _before(inner: Application, refused: Collection[Refusal]) -> Application:
    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        asked = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        for method, path, query in refused:
            if asked == (method, path) and environ["QUERY_STRING"].startswith(query):
                return _answered(start, "403 Forbidden", _DENIED)
        if asked == ("POST", "/"):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            if b"Action=%s&" % _LACKING in body:
                return _answered(start, "200 OK", _EMPTY)
        return inner(environ, start)

    return answer


def _answered(start: Callable[..., Any], status: str, body: bytes) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))])
    return [body]
