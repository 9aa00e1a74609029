"""The same pages over a real PostgreSQL."""

from __future__ import annotations

import re
from pathlib import Path

from tests.history.conftest import postgres  # noqa: F401 - a fixture
from tests.history.server import Server
from tests.report.html.pages import Read
from tests.serve import nights
from tests.serve.served import running


def test_a_history_in_postgresql_gives_the_same_pages(
    postgres: Server, story: str, tmp_path: Path,  # noqa: F811
) -> None:  # fmt: skip
    url = nights.story(tmp_path, postgres.database())
    with running(url) as here, running(story) as there:
        for path in (
            "/", "/runs", "/runs/run-006", "/endings", "/documents/acme", "/documents/acme/1",
        ):  # fmt: skip
            first, second = (_words(site.ask(path).body) for site in (here, there))
            assert first == second, path
        assert here.ask("/runs/%00").status == 404
        assert here.ask("/documents/a%00b").status == 404
        assert here.ask("/documents/acme/1%00").status == 404
        assert here.ask("/findings/%00").status == 404
        assert here.end() == (0, "")


def _words(body: str) -> str:
    """Return what a page says, but for what belongs to one store: moments and digests."""
    said = Read(body).words
    said = re.sub(r"sha256:[0-9a-f]{64}|\d\d:\d\d UTC|ended .*? ago", "…", said)
    return re.sub(r"\b(Started|Finished|Recorded) \S+", r"\1", said)


def test_a_role_that_may_only_read_is_enough(postgres: Server, tmp_path: Path) -> None:  # noqa: F811
    url = nights.story(tmp_path, postgres.database())
    name = url.partition("@/")[2].partition("?")[0]
    for statement in (
        "CREATE ROLE troth_reader LOGIN",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO troth_reader",
    ):
        postgres.execute(name, statement)
    with running(url.replace("//postgres@", "//troth_reader@")) as site:
        for path in ("/", "/runs", "/runs/latest", "/endings", "/documents/acme/1"):
            assert site.ask(path).status == 200, path
