"""The AWS emulator: moto's server on a free port of loopback, with one refusal in front of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

#: A request that is refused: method, path, and the beginning of the query.
Refusal = tuple[str, str, str]

_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
)


@contextlib.contextmanager
def serving(refused: Collection[Refusal]) -> Iterator[str]:
    """Serve until the block ends; yield the server's address.

    moto does not weigh the policies of the caller, so what the scanner's role may not read is
    refused in front of it, in S3's words.
    """
    from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    class Quiet(MotoRequestHandler):
        """Writes no log line for each request."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Keep the terminal for the demo's own words."""

    application = _guarded(DomainDispatcherApplication(create_backend_app), refused)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True, name="demo-aws")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _guarded(inner: Callable[..., Any], refused: Collection[Refusal]) -> Callable[..., Any]:
    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        for which, where, query in refused:
            if (which, where) == (method, path) and environ["QUERY_STRING"].startswith(query):
                size = str(len(_DENIED))
                start("403 Forbidden", [("Content-Type", "text/xml"), ("Content-Length", size)])
                return [_DENIED]
        answered: Iterable[bytes] = inner(environ, start)
        return answered

    return answer
