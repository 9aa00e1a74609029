"""Through apprise to real servers: a mail server, web servers that speak as chats do."""

from __future__ import annotations

import html.parser
import json
import subprocess
import sys
import threading
from pathlib import Path

import apprise
import pytest

from tests.notify.conftest import Serve
from tests.notify.digests import digest, event
from tests.notify.mail import exim, needs_exim
from tests.notify.receiver import Receiver, Reply, free_port, trusted
from tests.notify.test_message import MARKDOWN, NIGHT, TEXT
from tests.notify.test_names import HOSTILE, made
from troth.history.changes import Change, Digest
from troth.notify import through_apprise
from troth.notify.through_apprise import send

TITLE = "troth: 1 newly broken (acme 4.2), 1 with coverage lost, 1 fixed, 1 document changed"
TOKEN = "3ccdd113474722377935511fc85d3dd4"


def json_url(to: Receiver, more: str = "") -> str:
    return f"json://ann:hunter22@127.0.0.1:{to.port}/T0ken-Secr3t{more}"


def test_a_web_server_gets_one_post(serve: Serve) -> None:
    to = serve()
    assert send(json_url(to), NIGHT) == ""
    (request,) = to.requests
    assert json.loads(request.body) == {
        "version": "1.0", "title": TITLE, "message": TEXT, "attachments": [], "type": "failure",
    }  # fmt: skip
    assert (request.method, request.path) == ("POST", "/T0ken-Secr3t")


@pytest.mark.parametrize(
    ("night", "colour"),
    [
        (digest(event(Change.WAIVER_EXPIRED), event(Change.FIXED)), "failure"),
        (digest(event(Change.COVERAGE_LOST), event(Change.FIXED)), "warning"),
        (digest(event(Change.FIXED), state="partial"), "warning"),
        (digest(event(Change.FIXED)), "success"),
        (digest(event(Change.WAIVED)), "info"),
        (digest(event(Change.NO_LONGER_ASKED)), "info"),
    ],
    ids=["broken", "lost", "partial", "fixed", "waived", "not-asked"],
)
def test_the_colour_is_that_of_the_worst(serve: Serve, night: Digest, colour: str) -> None:
    to = serve()
    assert send(json_url(to), night) == ""
    assert json.loads(to.bodies[0])["type"] == colour


@pytest.fixture
def teams(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Return a receiver with TLS that apprise's client trusts."""
    root, leaf = trusted()
    authority, _, _ = root.write(tmp_path, "root")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    return serve(issued=leaf)


def test_teams_gets_a_card_in_markdown(teams: Receiver) -> None:
    assert send(f"workflows://127.0.0.1:{teams.port}/flow/s1gnature", NIGHT) == ""
    (body,) = map(json.loads, teams.bodies)
    title, text = body["attachments"][0]["content"]["body"]
    assert title["text"] == TITLE
    assert text["text"] == MARKDOWN


def test_what_a_service_cannot_hold_is_counted_and_not_cut_off(teams: Receiver) -> None:
    night = digest(*[event(resource=f"bucket-{n:02}") for n in range(30)])
    assert send(f"workflows://127.0.0.1:{teams.port}/flow/s1gnature", night) == ""
    (body,) = map(json.loads, teams.bodies)
    text = body["attachments"][0]["content"]["body"][1]["text"]
    assert len(text) <= 1000  # what apprise states for this service
    told = text.count("\n- ")
    assert 0 < told < 30
    assert f"Not shown here: {30 - told} ({30 - told} newly broken)." in text


def test_a_message_is_split_where_the_address_asks_for_it(serve: Serve) -> None:
    to = serve()
    night = digest(*[event(resource=f"bucket-{n:02}", text="long " * 20) for n in range(30)])
    assert send(f"mmost://127.0.0.1:{to.port}/{TOKEN}", night) == ""
    (short,) = to.bodies
    assert b"Not shown here: " in short
    to.requests.clear()
    assert send(f"mmost://127.0.0.1:{to.port}/{TOKEN}?overflow=split", night) == ""
    whole = "".join(body.decode() for body in to.bodies)
    assert len(to.bodies) > 1
    assert "Not shown here" not in whole
    assert all(f"bucket-{n:02}" in whole for n in range(30))


def test_an_untrusted_certificate_is_refused(serve: Serve) -> None:
    _, leaf = trusted()
    to = serve(issued=leaf)
    problem = send(f"workflows://127.0.0.1:{to.port}/flow/s1gnature", NIGHT)
    assert (problem, to.requests) == ("apprise could not deliver it", [])


def test_mattermost_gets_plain_text(serve: Serve) -> None:
    to = serve()
    assert send(f"mmost://127.0.0.1:{to.port}/{TOKEN}", NIGHT) == ""
    assert json.loads(to.bodies[0]) == {"text": f"{TITLE}\r\n{TEXT}", "username": "troth"}


@needs_exim
def test_a_mail_server_takes_one_message(tmp_path: Path) -> None:
    with exim(tmp_path) as box:
        url = f"mailto://127.0.0.1:{box.port}?from=troth@example.test&to=ops@example.test"
        assert send(url, NIGHT) == ""
        (mail,) = box.messages()
    assert mail["Subject"] == TITLE
    assert (mail["To"], mail["From"]) == ("ops@example.test", "troth@example.test")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == TEXT.splitlines()


@needs_exim
def test_a_mail_server_that_refuses_is_told_of(tmp_path: Path) -> None:
    with exim(tmp_path) as box:
        url = f"mailto://127.0.0.1:{box.port}?from=troth@example.test&to=nobody@example.test"
        assert send(url, NIGHT) == "apprise could not deliver it"
        assert box.messages() == []


@needs_exim
def test_names_make_no_tag_and_no_header_in_a_mail(tmp_path: Path) -> None:
    rows = [event(resource=name, text=name, clause=str(number))
            for number, (name, _) in enumerate(HOSTILE.values())]  # fmt: skip
    tags: set[str] = set()

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.add(tag)

    with exim(tmp_path) as box:
        there = f"127.0.0.1:{box.port}?from=troth@example.test&to=ops@example.test"
        assert send(f"mailto://{there}&format=html", digest(*rows)) == ""
        (mail,) = box.messages()
    part = mail.get_body(("html",))
    assert part is not None
    Reader().feed(part.get_content())
    assert tags <= {"html", "head", "body", "br", "p", "title"}
    assert {name.lower() for name in mail} == {
        "received", "content-type", "mime-version", "x-application", "subject", "from", "to",
        "message-id", "date",
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name, _ in HOSTILE.values()], ids=HOSTILE)
def test_apprise_makes_no_mention_or_link_of_a_name_for_slack(name: str) -> None:
    """Slack cannot be asked here; this is the text that apprise would send to it."""
    slack = apprise.Apprise.instantiate("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#x")
    assert slack is not None
    assert slack.resolve_format() == apprise.NotifyFormat.MARKDOWN
    sent = slack.dialect_convert(made(name).markdown, apprise.NotifyFormat.MARKDOWN)
    assert "<" not in sent
    assert "://" not in sent


def test_no_picture_is_fetched_from_elsewhere_by_who_reads_a_message() -> None:
    slack = through_apprise._service("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#x")
    assert slack is not None
    assert not slack.image_url(apprise.NotifyType.FAILURE)


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(404), "apprise could not deliver it (HTTP status 404)"),
        (Reply(500, body=b"T0ken-Secr3t"), "apprise could not deliver it (HTTP status 500)"),
        (Reply(deed="reset"), "apprise could not deliver it"),
        (Reply(raw=b"SSH-2.0-x\r\n"), "apprise could not deliver it"),
    ],
    ids=["404", "500", "reset", "garbage"],
)
def test_a_failure_is_told_without_the_address(
    serve: Serve, reply: Reply, problem: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert send(json_url(serve(reply)), NIGHT) == problem
    assert capfd.readouterr() == ("", "")


def test_the_status_of_one_delivery_is_not_told_of_another(serve: Serve) -> None:
    assert send(json_url(serve(Reply(404))), NIGHT).endswith("(HTTP status 404)")
    assert send(f"json://127.0.0.1:{free_port()}", NIGHT) == "apprise could not deliver it"


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    other = serve()
    to = serve(Reply(302, (("Location", other.url("/stolen")),)))
    assert send(json_url(to), NIGHT) == "apprise could not deliver it (HTTP status 302)"
    assert (len(to.requests), len(other.requests)) == (1, 0)


@pytest.mark.parametrize("deed", ["hang", "drip"])
def test_who_does_not_answer_is_left(serve: Serve, deed: str) -> None:
    to = serve(Reply(deed=deed))
    assert send(json_url(to), NIGHT, seconds=0.3) == "it was not delivered within 0.3 s"
    assert len(to.requests) == 1
    to.over.set()
    for thread in threading.enumerate():
        if thread.name == "apprise":
            assert thread.daemon
            thread.join()


NO_SERVICE = ("", "nonsense", "S3cret://x", "https://", "slack://S3cret", "mailto://", "json://",
              "://", "workflows://S3cret", "jsons://[S3cret")  # fmt: skip
UNUSABLE = "it is no URL that apprise can use; see docs/notify.md for some"


@pytest.mark.parametrize("url", NO_SERVICE)
def test_what_apprise_cannot_use_is_refused_without_naming_it(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert through_apprise.problem(url) == send(url, NIGHT) == UNUSABLE
    assert capfd.readouterr() == ("", "")


def test_two_addresses_in_one_are_one(serve: Serve) -> None:
    """A comma begins no second service: what is sent goes to one place."""
    to, other = serve(), serve()
    send(f"{json_url(to)},json://127.0.0.1:{other.port}", NIGHT)
    assert other.requests == []


#: Sends with everything logged to stderr, in a home of its own.
_LOUD = """
import logging, sys
logging.basicConfig(level=1, stream=sys.stderr)
for name in ("apprise", "urllib3.connectionpool"):
    logging.getLogger(name).debug("is loud")
from tests.notify.test_message import NIGHT
from troth.notify import through_apprise
for url in sys.argv[1:]:
    print(through_apprise.problem(url), through_apprise.send(url, NIGHT))
"""


def test_nothing_is_logged_and_no_file_is_written(serve: Serve, tmp_path: Path) -> None:
    said = Reply(500, body=b"T0ken-Secr3t")
    to = serve(Reply(200), said, Reply(302, (("Location", "/x"),)), Reply(deed="reset"))
    gone = f"json://ann:hunter22@127.0.0.1:{free_port()}/T0ken-Secr3t"
    mail = f"mailto://ann:hunter22@127.0.0.1:{free_port()}?to=ops@example.test&from=a@example.test"
    done = subprocess.run(
        [sys.executable, "-c", _LOUD, *[json_url(to)] * 4, gone, mail, *NO_SERVICE],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=60,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    failed = " apprise could not deliver it"
    assert done.stdout.splitlines() == [
        " ", f"{failed} (HTTP status 500)", f"{failed} (HTTP status 302)", *[failed] * 3,
        *[f"{UNUSABLE} {UNUSABLE}"] * len(NO_SERVICE),
    ]  # fmt: skip
    assert done.stderr.splitlines() == [
        "DEBUG:apprise:is loud", "DEBUG:urllib3.connectionpool:is loud",
    ]  # fmt: skip
    assert list(tmp_path.rglob("*")) == []


_WITHOUT = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "apprise":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from tests.notify.digests import digest, event
from troth.config import Channel
from troth.notify import check_channels, tell
for through in ("apprise", "webhook"):
    channels, variables = [Channel("TROTH_X", through, frozenset())], {"TROTH_X": sys.argv[1]}
    print(check_channels(channels, variables), tell(channels, digest(event()), variables)[0][1:])
"""


def test_a_missing_extra_is_told_and_the_web_hook_needs_none(serve: Serve) -> None:
    to = serve()
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, to.url()],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    missing = "TROTH_X: apprise is not installed; pip install 'troth[notify]'"
    assert done.stdout.splitlines() == [
        f'["{missing}"] (False, False, "{missing}")',
        "[] (True, False, '')",
    ]
    assert len(to.requests) == 1


def test_apprise_is_imported_only_when_it_is_needed() -> None:
    code = "import sys, troth.notify; print({'apprise', 'requests', 'click'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
