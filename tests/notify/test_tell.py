"""Which channel is told of what, and that nothing of the outside comes back as an exception."""

from __future__ import annotations

import json

import pytest

from tests.notify.conftest import Serve
from tests.notify.digests import digest, event
from tests.notify.receiver import Receiver, Reply
from troth.config import Channel
from troth.history.changes import NOTIFIED, Change
from troth.notify import Told, check_channels, tell, wanted


def channel(variable: str = "TROTH_HOOK", through: str = "webhook", *on: str) -> Channel:
    return Channel(variable, through, frozenset(on))


def changes(to: Receiver) -> list[list[str]]:
    """Return the changes that each request told of."""
    return [[row["change"] for row in json.loads(body)["events"]] for body in to.bodies]


def test_one_failure_sends_one_message_that_names_it(serve: Serve) -> None:
    to = serve()
    told = tell([channel()], digest(event()), {"TROTH_HOOK": to.url()})
    assert told == [Told(channel(), sent=True)]
    (body,) = map(json.loads, to.bodies)
    assert "acme 4.2, store-encrypted, high: prod arn:aws:s3:::logs" in body["text"]


def test_a_denied_permission_is_told_as_lost_coverage(serve: Serve) -> None:
    to = serve()
    lost = event(Change.COVERAGE_LOST, before="fail", now="unknown", text="Access is denied.")
    tell([channel()], digest(lost), {"TROTH_HOOK": to.url()})
    (body,) = map(json.loads, to.bodies)
    assert body["title"] == "troth: 1 with coverage lost (acme 4.2)"
    assert "fixed" not in body["text"].replace("Nothing of this counts as fixed", "")


def test_a_night_without_changes_sends_nothing(serve: Serve) -> None:
    to = serve()
    channels = [channel(), channel("TROTH_CHAT", "apprise")]
    variables = {"TROTH_HOOK": to.url(), "TROTH_CHAT": f"json://127.0.0.1:{to.port}"}
    assert tell(channels, digest(), variables) == [Told(one, skipped=True) for one in channels]
    assert to.requests == []


def test_resources_that_come_and_go_are_told_only_to_who_asks(serve: Serve) -> None:
    to = serve()
    night = digest(*[event(change) for change in Change])
    some = channel("TROTH_HOOK", "webhook", "resource-added", "new")
    told = tell([channel(), some], night, {"TROTH_HOOK": to.url()})
    assert [one.sent for one in told] == [True, True]
    assert set(changes(to)[0]) == set(NOTIFIED) == set(Change) - {
        Change.RESOURCE_ADDED, Change.RESOURCE_GONE, Change.STILL,
    }  # fmt: skip
    assert changes(to)[1] == ["new", "resource-added"]
    assert json.loads(to.bodies[1])["title"].startswith("troth: 1 newly broken (acme 4.2), 1 res")


def test_a_channel_is_told_only_of_what_it_asks_for(serve: Serve) -> None:
    to = serve()
    told = tell(
        [channel("TROTH_HOOK", "webhook", "fixed")], digest(event()), {"TROTH_HOOK": to.url()}
    )
    assert (told[0].skipped, told[0].sent, told[0].problem) == (True, False, "")
    assert to.requests == []


def test_the_events_of_a_channel_keep_the_rest_of_the_digest() -> None:
    night = digest(event(), event(Change.STILL), event(Change.RESOURCE_GONE))
    assert wanted(channel(), night) == digest(event())


def test_a_channel_that_fails_keeps_no_other_from_being_told(serve: Serve) -> None:
    down, to = serve(Reply(404)), serve()
    channels = [channel("TROTH_A"), channel("TROTH_B"), channel("TROTH_C"),
                channel("TROTH_D", "apprise")]  # fmt: skip
    variables = {"TROTH_A": down.url(), "TROTH_C": to.url() + "\n",
                 "TROTH_D": f" json://127.0.0.1:{to.port}/T0ken"}  # fmt: skip
    assert tell(channels, digest(event()), variables) == [
        Told(channels[0], problem="TROTH_A: it answered with HTTP status 404"),
        Told(
            channels[1],
            problem="TROTH_B: it is not set; put the URL into this environment variable",
        ),
        Told(channels[2], sent=True),
        Told(channels[3], sent=True),
    ]
    assert (len(down.requests), len(to.requests)) == (1, 2)


WRONG = {
    "unset": ("webhook", "", "it is not set; put the URL into this environment variable"),
    "blank": ("apprise", " \n", "it is not set; put the URL into this environment variable"),
    "no URL": ("webhook", "hooks.example/S3cret", "it is no URL of https; write https://HOST/PATH"),
    "http": ("webhook", "http://hooks.example/S3cret",
             "it is a URL of plain http to another machine; use https"),
    "of apprise": ("webhook", "slack://S3cret/a/b", "it is no URL of https; write https://HOST/PATH"),
    "no service": ("apprise", "S3cret://x",
                   "it is no URL that apprise can use; see docs/notify.md for some"),
}  # fmt: skip


@pytest.mark.parametrize(("through", "value", "problem"), WRONG.values(), ids=WRONG)
def test_a_wrong_variable_is_found_before_a_run_and_told_after_one(
    through: str, value: str, problem: str
) -> None:
    one = channel("TROTH_X", through)
    variables = {"TROTH_X": value} if value else {}
    assert check_channels([one], variables) == [f"TROTH_X: {problem}"]
    assert tell([one], digest(event()), variables) == [Told(one, problem=f"TROTH_X: {problem}")]


def test_right_variables_have_no_problem_and_nothing_is_sent(serve: Serve) -> None:
    to = serve()
    channels = [channel("TROTH_A"), channel("TROTH_B", "apprise"), channel("TROTH_C", "apprise")]
    variables = {"TROTH_A": to.url(), "TROTH_B": f"json://127.0.0.1:{to.port}",
                 "TROTH_C": "mailto://ann:pw@example.test?to=ops@example.test"}  # fmt: skip
    assert check_channels(channels, variables) == []
    assert check_channels([], {}) == []
    assert to.requests == []


@pytest.mark.parametrize(
    ("through", "url", "problem"),
    [
        ("webhook", "https://hooks.example/S3cret",
         "sending failed with AttributeError, which is a bug in troth"),
        ("apprise", "json://hooks.example/S3cret", "apprise failed with AttributeError"),
    ],
)  # fmt: skip
def test_a_bug_becomes_no_exception_and_shows_nothing_of_the_address(
    through: str, url: str, problem: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A digest that cannot be written stands for any bug: the run's verdict is said regardless."""
    broken = digest(event())._replace(counts=None)  # type: ignore[arg-type]
    (told,) = tell([channel("TROTH_HOOK", through)], broken, {"TROTH_HOOK": url})
    assert told.problem == f"TROTH_HOOK: {problem}"
    assert capfd.readouterr() == ("", "")
