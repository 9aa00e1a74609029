"""A real mail server in the ways it is set up, and what an honest look says about each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.checkers.driver import Reader
from tests.checkers.ftp.look import look
from tests.checkers.smtp.servers import exim, needs_exim
from tests.checkers.tls.authority import Issued
from troth.checkers.smtp.checker import Endpoints

pytestmark = needs_exim

OWN = ["support@example.test", "grey@example.test", "gone@example.test"]
ASKED = {
    "items": [
        {"address": "gone@example.test", "code": 550},
        {"address": "grey@example.test", "code": 451},
        {"address": "support@example.test", "code": 250},
    ],
    "complete": True,
}
TLS = "tls_advertise_hosts = *"
NO_TLS = "tls_advertise_hosts ="
AUTH_IN_TLS = "auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}"


@pytest.mark.parametrize(
    ("settings", "mode", "login"),
    [
        ((TLS,), "starttls", "offered"),
        ((TLS, AUTH_IN_TLS), "starttls", "not-offered"),
        ((NO_TLS,), "none", "offered"),
        ((NO_TLS, AUTH_IN_TLS), "none", "not-offered"),
    ],
)
def test_what_exim_offers(
    issued: Issued, tmp_path: Path, settings: tuple[str, ...], mode: str, login: str
) -> None:
    with exim(tmp_path, issued, *settings) as port:
        seen = look(Endpoints, port, recipients=OWN)
    assert seen.values_of("protection") == {"mode": mode, "plain_login": login}
    greeting = seen.values_of("greeting")
    assert greeting["code"] == 220
    named = set(greeting["extensions"]["items"])
    assert ("STARTTLS" in named, "AUTH" in named) == (mode == "starttls", login == "offered")
    assert {"8BITMIME", "SIZE", "PIPELINING", "HELP"} <= named
    assert seen.values_of("recipients") == {"asked": ASKED}


def test_tls_from_the_first_byte(issued: Issued, tmp_path: Path) -> None:
    with exim(tmp_path, issued, TLS, implicit=True) as port:
        seen = look(Endpoints, port, recipients=OWN, timeout_seconds=2.0)
    assert seen.values_of("protection") == {"mode": "implicit", "plain_login": "refused"}
    assert "AUTH" in seen.values_of("greeting")["extensions"]["items"]
    assert seen.values_of("recipients") == {"asked": ASKED}


def test_a_server_that_takes_no_mail_before_tls_is_asked_inside(
    issued: Issued, tmp_path: Path
) -> None:
    with exim(tmp_path, issued, TLS, demands=True) as port:
        seen = look(Endpoints, port, recipients=OWN)
    assert seen.values_of("recipients") == {"asked": ASKED}


def test_a_server_that_sends_the_client_away(issued: Issued, tmp_path: Path) -> None:
    """Exim answers hosts that it rejects with 554 in place of the greeting."""
    with exim(tmp_path, issued, TLS, "host_reject_connection = 127.0.0.1") as port:
        seen = look(Endpoints, port, recipients=OWN)
    assert seen.values_of("greeting") == {"code": 554}
    for facet, fact in (("protection", "mode"), ("recipients", "asked")):
        assert seen.why(facet, fact).reason == "unproven"


def test_no_message_comes_to_be(issued: Issued, tmp_path: Path) -> None:
    with exim(tmp_path, issued, TLS) as port:
        look(Endpoints, port, recipients=OWN)
        log = (tmp_path / "mainlog").read_text()
    assert "rejected RCPT <gone@example.test>" in log
    assert " <= " not in log
    assert not any(path.is_file() for path in (tmp_path / "spool" / "input").rglob("*-*"))


@pytest.mark.parametrize("more", [{}, {"recipients": []}])
def test_without_recipients_nobody_is_asked_and_nothing_is_said(
    issued: Issued, tmp_path: Path, more: dict[str, Any]
) -> None:
    reader = Reader(frozenset())
    with exim(tmp_path, issued, TLS) as port:
        seen = look(Endpoints, port, reader, **more)
    assert seen.why("recipients", "asked").reason == "no-data"
    assert reader.made["smtp:Greeting"] == 1
