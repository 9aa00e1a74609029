"""Codes and what they mean, by RFC 5321, RFC 3207 and RFC 4954; peers that mean harm."""

from __future__ import annotations

import re
import ssl
from typing import Any

import jsonschema_rs
import pytest

from tests.checkers.ftp.look import QUICK, Sight, look
from tests.checkers.ftp.peers import HOSTILE, Handle, Script, context
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.servers import serve
from troth.checkers.smtp.checker import Endpoints

USUAL = {
    "EHLO": "250-mail.example.test\r\n250-SIZE 1000\r\n250 STARTTLS",
    "STARTTLS": "220 go on",
    "NOOP": "250 ok",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "RSET": "250 ok",
}
TRUTH = {"mode": "starttls", "plain_login": "not-offered"}
OWN = ["a@example.test", "b@example.test"]


@pytest.fixture(scope="session")
def tls(issued: Issued, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return context(issued, tmp_path_factory.mktemp("peer"))


def seen_of(script: Handle, **more: Any) -> Sight:
    with serve(script) as port:
        return look(Endpoints, port, **{"recipients": OWN, **more})


def script(tls: ssl.SSLContext | None, **answers: str) -> Script:
    """Return a well set up server with other answers to some commands, ``tls_`` inside TLS."""
    other = {key.replace("tls_", "tls:"): text for key, text in answers.items()}
    return Script(USUAL | other, tls)


def codes(seen: Sight) -> dict[str, int]:
    rows = seen.values_of("recipients")["asked"]["items"]
    return {row["address"]: row["code"] for row in rows}


def test_a_well_set_up_server_and_nothing_but_what_must_be_asked(tls: ssl.SSLContext) -> None:
    peer = script(tls)
    seen = seen_of(peer, helo="probe.example.test", sender="me@example.test")
    assert seen.values_of("protection") == TRUTH
    assert seen.values_of("greeting")["extensions"]["items"] == ["SIZE", "STARTTLS"]
    assert codes(seen) == dict.fromkeys(OWN, 250)
    assert set(peer.said) == {
        "EHLO probe.example.test",
        "STARTTLS",
        "QUIT",
        "MAIL FROM:<me@example.test>",
        "RCPT TO:<a@example.test>",
        "RCPT TO:<b@example.test>",
        "RSET",
    }
    assert len(peer.heard) == 3


def test_each_address_is_taken_back_before_the_next(tls: ssl.SSLContext) -> None:
    peer = script(tls)
    seen_of(peer)
    one = ["MAIL FROM:<>", "RCPT TO:<a@example.test>", "RSET"]
    two = ["MAIL FROM:<>", "RCPT TO:<b@example.test>", "RSET"]
    assert ["EHLO troth.invalid", *one, *two, "QUIT"] in peer.heard


@pytest.mark.parametrize(
    ("answer", "control", "mode"),
    [
        ("500 what", "250 ok", "none"),
        ("502 no", "250 ok", "none"),
        ("503 not here", "250 ok", "none"),
        ("554 no", "250 ok", "none"),
        ("502 no", "421 shut", None),
        ("502 no", "500 what", None),
        ("454 not now", "250 ok", None),
        ("421 shut", "250 ok", None),
        ("334 more", "250 ok", None),
    ],
)
def test_what_starttls_means(
    tls: ssl.SSLContext, answer: str, control: str, mode: str | None
) -> None:
    seen = seen_of(script(tls, STARTTLS=answer, NOOP=control))
    assert seen.values_of("protection").get("mode") == mode
    assert mode or seen.why("protection", "mode").reason == "unproven"


def test_a_stripped_list_does_not_hide_tls(tls: ssl.SSLContext) -> None:
    """STARTTLS is asked for even where EHLO does not name it."""
    seen = seen_of(script(tls, EHLO="250 mail.example.test"))
    assert seen.values_of("protection") == TRUTH
    assert seen.values_of("greeting")["extensions"] == {"items": [], "complete": True}


@pytest.mark.parametrize(
    ("ehlo", "login"),
    [
        ("250-x\r\n250 AUTH PLAIN LOGIN", "offered"),
        ("250-x\r\n250 auth login", "offered"),
        ("250-x\r\n250 AUTH=LOGIN", "offered"),
        ("250-x\r\n250-AUTH\r\n250 HELP", "offered"),
        ("250-AUTH is my name\r\n250 HELP", "not-offered"),
        ("250-x\r\n250 XAUTH", "not-offered"),
        ("250-x\r\n251 AUTH PLAIN", None),
        ("250-x\r\nAUTH PLAIN\r\n250 y", None),
        ("421 busy", None),
    ],
)
def test_what_ehlo_means_for_a_login(tls: ssl.SSLContext, ehlo: str, login: str | None) -> None:
    seen = seen_of(script(tls, EHLO=ehlo))
    assert seen.values_of("protection").get("plain_login") == login
    named = seen.values_of("greeting").get("extensions", {"items": []})["items"]
    assert ("AUTH" in named) == (login == "offered")


@pytest.mark.parametrize("refusal", ["550 who are you", "554 busy", "501 not that name"])
def test_a_refused_hello_says_nothing_about_extensions(tls: ssl.SSLContext, refusal: str) -> None:
    peer = script(tls, EHLO=refusal, HELO="250 hello", STARTTLS="503 hello first")
    seen = seen_of(peer)
    for facet, fact in (
        ("greeting", "extensions"),
        ("protection", "mode"),
        ("protection", "plain_login"),
        ("recipients", "asked"),
    ):
        why = seen.why(facet, fact)
        assert (why.reason, refusal in why.message) == ("unproven", True)
    assert not any(line.startswith("HELO") for line in peer.said)


def test_two_servers_behind_one_address_of_which_one_takes_logins(tls: ssl.SSLContext) -> None:
    open_one = script(tls, EHLO="250-a\r\n250-STARTTLS\r\n250 AUTH PLAIN")
    strict = script(tls)
    seen = seen_of(lambda connection, index: (strict if index else open_one)(connection, index))
    assert seen.values_of("protection") == {"mode": "starttls", "plain_login": "offered"}


@pytest.mark.parametrize("refusal", ["500 what", "502 no"])
def test_a_server_that_only_knows_helo(tls: ssl.SSLContext, refusal: str) -> None:
    helo = "250-hello\r\n250 AUTH PLAIN"  # more lines than HELO may have name nothing
    seen = seen_of(script(tls, EHLO=refusal, HELO=helo, STARTTLS="500 what"))
    assert seen.values_of("protection") == {"mode": "none", "plain_login": "not-offered"}
    assert seen.values_of("greeting")["extensions"] == {"items": [], "complete": True}
    assert codes(seen) == dict.fromkeys(OWN, 250)


def test_control_characters_do_not_come_through(tls: ssl.SSLContext) -> None:
    seen = seen_of(script(tls, EHLO="250-x\r\n250-\x1b[31mRED\x00\r\n250 " + "Y" * 900))
    named = seen.values_of("greeting")["extensions"]["items"]
    assert named == ["Y" * 200, "\\X1B[31MRED\\X00"]


@pytest.mark.parametrize("code", [250, 251, 252, 450, 451, 452, 550, 551, 553, 554, 503])
def test_the_answer_to_an_address_is_its_code(tls: ssl.SSLContext, code: int) -> None:
    answers = {"RCPT TO:<b@": f"{code} so"}
    assert codes(seen_of(script(tls, **answers))) == {OWN[0]: 250, OWN[1]: code}


@pytest.mark.parametrize("answer", ["421 shut", "354 go ahead", "999 what", "250 a\r\n250 b"])
def test_what_is_no_answer_about_an_address_ends_the_list(tls: ssl.SSLContext, answer: str) -> None:
    answers = {"RCPT TO:<b@": answer}
    seen = seen_of(script(tls, **answers))
    asked = seen["recipients"]
    assert asked["asked"] == {"items": [{"address": OWN[0], "code": 250}]}  # type: ignore[index]
    assert asked.missing["asked"].reason in ("unproven", "malformed-response")  # type: ignore[union-attr]


def test_a_server_that_shuts_down_has_not_judged_an_address(tls: ssl.SSLContext) -> None:
    peer = script(tls, RCPT="421 shut")
    peer.stays = True
    assert seen_of(peer).why("recipients", "asked").reason == "unproven"


@pytest.mark.parametrize("mail", ["451 later", "550 no", "421 shut"])
def test_a_refused_sender_says_nothing_about_addresses(tls: ssl.SSLContext, mail: str) -> None:
    peer = script(tls, MAIL=mail)
    seen = seen_of(peer)
    assert seen.why("recipients", "asked").reason == "unproven"
    assert mail[:3] in seen.why("recipients", "asked").message
    assert not [line for line in peer.said if line.startswith("RCPT")]


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_server_that_wants_tls_first_is_asked_inside(tls: ssl.SSLContext, command: str) -> None:
    answers = {command: "530 STARTTLS first", f"tls_{command}": "250 ok"}
    assert codes(seen_of(script(tls, **answers))) == dict.fromkeys(OWN, 250)


def test_a_server_that_wants_a_sign_in_is_answer_enough(tls: ssl.SSLContext) -> None:
    assert codes(seen_of(script(tls, RCPT="530 sign in"))) == dict.fromkeys(OWN, 530)


def test_words_behind_the_go_ahead_are_not_taken_for_the_inside(tls: ssl.SSLContext) -> None:
    """An attacker in the middle writes before TLS what the client would read as after it."""
    peer = script(tls, MAIL="530 STARTTLS first", tls_MAIL="250 ok")
    peer.injected = b"250 mail.example.test\r\n250 ok\r\n250 ok\r\n"
    seen = seen_of(peer)
    assert seen.why("protection", "mode").reason == "malformed-response"
    assert seen.values_of("protection") == {"plain_login": "not-offered"}
    assert seen.why("recipients", "asked").reason == "malformed-response"


@pytest.mark.parametrize("greeting", ["554 no service", "421 too many", "500 what"])
def test_a_greeting_that_sends_away_is_a_code_and_nothing_else(
    tls: ssl.SSLContext, greeting: str
) -> None:
    peer = script(tls)
    peer.greeting = greeting
    seen = seen_of(peer)
    assert seen.values_of("greeting") == {"code": int(greeting[:3])}
    assert seen.values_of("protection") == {}
    assert seen.why("recipients", "asked").reason == "unproven"
    assert peer.said == []


@pytest.mark.parametrize(
    ("handle", "reason", "word"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE]
)
def test_a_peer_that_never_speaks_smtp_gives_its_reason_and_no_fact(
    handle: Handle, reason: str, word: str
) -> None:
    seen = seen_of(handle, **QUICK)
    if word == "out of turn":  # the greeting itself was one
        assert seen.values_of("greeting") == {"code": 220}
    failure = seen.why("greeting", "extensions")
    assert (failure.reason, word in failure.message) == (reason, True), failure
    for facet, fact in (("protection", "mode"), ("protection", "plain_login")):
        assert seen.why(facet, fact).reason == reason
    assert seen.why("recipients", "asked").reason == reason


@pytest.mark.parametrize("trouble", ["421 too many", "554 go away", ""])
@pytest.mark.parametrize("mask", range(1, 8))
def test_connections_that_are_turned_away_make_no_false_fact(
    tls: ssl.SSLContext, trouble: str, mask: int
) -> None:
    peer = script(tls)

    def handle(connection: Any, index: int) -> None:
        if mask >> index & 1:
            connection.sendall(f"{trouble}\r\n".encode() if trouble else b"")
        else:
            peer(connection, index)

    seen = seen_of(handle, **QUICK)
    for name, truth in (("protection", TRUTH), ("recipients", None)):
        told = seen[name]
        if isinstance(told, dict) and truth is not None:
            assert told.items() <= truth.items()
        elif isinstance(told, dict) and told:
            assert codes(seen) == dict.fromkeys(OWN, 250)


def patterns() -> dict[str, jsonschema_rs.Draft202012Validator]:
    return {
        name: jsonschema_rs.Draft202012Validator(dict(Endpoints.options[name]))
        for name in ("recipients", "sender", "helo")
    }


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("support@example.test", True),
        ("o'neil+tag=1@example.test", True),
        ("me@[127.0.0.1]", True),
        ("no-at", False),
        ("a b@example.test", False),
        ("a@b>\r\nDATA\r\n@c", False),
        ("a@example.test\n", False),
        ("<a@example.test>", False),
        ("bücher@example.test", False),
        ("a@" + "x" * 300, False),
    ],
)
def test_what_may_be_asked_for(address: str, fine: bool) -> None:
    assert patterns()["recipients"].is_valid([address]) is fine
    assert patterns()["sender"].is_valid(address) is fine


@pytest.mark.parametrize(("name", "fine"), [("a.test", True), ("[::1]", True), ("a\r\nb", False)])
def test_what_may_be_said_in_ehlo(name: str, fine: bool) -> None:
    assert patterns()["helo"].is_valid(name) is fine
    assert patterns()["sender"].is_valid("")


def test_no_configuration_can_put_a_command_into_a_command(tls: ssl.SSLContext) -> None:
    """Even one that was not checked: a line end is never sent inside a command."""
    peer = script(tls)
    seen = seen_of(peer, recipients=["a@example.test>\r\nDATA\r\n"])
    assert seen.why("recipients", "asked").reason == "unproven"
    assert not [line for line in peer.said if re.match("DATA|RCPT", line)]
