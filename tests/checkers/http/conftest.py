"""One nginx for all tests of real answers: a site as an operator would configure it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.checkers.http.servers import HERE, free_port, nginx
from tests.checkers.tls import authority

NEW_YEAR = "Thu, 01 Jan 2026 09:00:00 +0900"
PAGES = {
    "privacy.html": "<title>Privacy in the title</title><h1>Privacy\n Policy</h1>"
    "<script>var hidden = 'Secret Clause'</script><p>We keep <b>da</b>ta &amp; logs.</p>",
    "vendors.html": "<ul><li>Navigation</li></ul><table id=vendors><tr><th>Name<th>Where"
    "<tr><td>Acme&nbsp;Ltd<td>DE<tr><td><a href=#>Bolt</a> Inc<td>US</table>",
    "list.html": "<div id='names'><div><ul><li>One<li>Two <i>B.V.</i></ul></div></div>"
    "<ul><li>No</ul>",
    "console.html": "<p>console",
    "feed.xml": "<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>"
    f"<item><guid>i1</guid><pubDate>{NEW_YEAR}</pubDate></item></channel></rss>",
    "atom.xml": "<feed xmlns='http://www.w3.org/2005/Atom'><id>f</id><updated>2026-02-01T00:00:00Z"
    "</updated><entry><id>urn:a</id><published>2026-01-05T10:00:00+02:00</published>"
    "<updated>2026-01-06T00:00:00Z</updated></entry></feed>",
    "incidents.json": '{"page": {}, "incidents": [{"id": "i1", "started_at":'
    '"2026-01-01T00:00:00.000Z", "created_at": "2026-01-01T00:20:00.000Z", "resolved_at":'
    '"2026-01-01T03:00:00.000+01:00", "incident_updates": [{"created_at":'
    '"2026-01-01T01:00:00Z"}, {"created_at": "2026-01-01T00:10:00Z"}]},'
    '{"id": "i2", "created_at": "2026-01-02T00:00:00Z", "resolved_at": null}]}',
}
LOCATIONS = """
  add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
  location = /moved { return 302 /privacy.html; }
  location = /home { return 301 https://localhost:$server_port/privacy.html; }
  location = /round { return 302 /about; }
  location = /about { return 302 /round; }
  location = /members { return 302 /login?return=/members; }
  location = /away { return 302 https://elsewhere.example/; }
  location = /short { add_header Strict-Transport-Security "max-age=300"; return 204; }
  location = /void { add_header Strict-Transport-Security "max-age=0"; return 204; }
  location = /cookies {
    add_header Set-Cookie "session=s3cr3t; Path=/; Secure; HttpOnly; SameSite=Lax";
    add_header Set-Cookie "theme=dark; samesite=NONE";
    add_header Set-Cookie "old=; Max-Age=0";
    add_header Set-Cookie "older=; Expires=Thu, 01-Jan-1970 00:00:00 GMT";
    add_header Set-Cookie "again=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT";
    return 302 /headers;
  }
  location = /headers {
    add_header Content-Security-Policy "default-src 'self'";
    add_header X-Powered-By "PHP/5.6";
    add_header X-Internal "secret";
    add_header Set-Cookie "last=1; Secure";
    return 200 "ok";
  }
  location /secret/ { return 401; }
  location /internal/ { return 403; }
  location /soft/ { default_type text/html; return 200 "<p>Sorry, $uri is not here"; }
  location /admin/ { allow 127.9.9.9; deny all; try_files $uri =404; }
  location /trusting/ {
    set_real_ip_from 0.0.0.0/0; real_ip_header X-Forwarded-For;
    allow 127.9.9.9; allow 10.1.2.3; deny all; try_files /console.html =404;
  }
  location /password/ {
    set_real_ip_from 0.0.0.0/0; real_ip_header X-Forwarded-For; allow 10.1.2.3; deny all;
    auth_basic "admin"; auth_basic_user_file nobody;
  }
"""


@dataclass(frozen=True)
class Site:
    """A running site: ``url(path)`` with TLS, ``plain`` is the port without."""

    port: int
    plain: int
    open_port: int
    log: Path
    roots: Path

    def url(self, path: str = "/privacy.html", host: str = "localhost") -> str:
        return f"https://{host}:{self.port}{path}"

    def page(self, path: str = "/privacy.html", **more: object) -> dict[str, object]:
        """Return an entry that needs no name lookup."""
        own = {"url": self.url(path), "address": HERE, "plain_port": self.plain}
        return own | more

    def requests(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    for name, text in PAGES.items():
        (folder / name).write_text(text)
    (folder / "admin").mkdir()
    root = authority.authority("root of the web")
    certificate, key, _ = authority.leaf(root, ("localhost",)).write(folder, "site")
    roots = folder / "roots.pem"
    roots.write_bytes(authority.pem(root.certificate))
    port, plain, served = free_port(), free_port(), free_port()
    servers = (
        f"server {{ listen {HERE}:{port} ssl; root {folder}; ssl_certificate {certificate};"
        f" ssl_certificate_key {key};{LOCATIONS}}}"
        f"server {{ listen {HERE}:{plain}; location = /form {{ if ($request_method = POST) "
        "{ return 200; } return 301 https://$host$uri; }"
        " location = /other { return 301 https://other.example/; } location = /no { return 403; }"
        " location / { return 301 https://$host$request_uri; } }"
        f"server {{ listen {HERE}:{served}; root {folder}; }}"
    )
    with nginx(folder, servers, port) as log:
        yield Site(port, plain, served, log, roots)
