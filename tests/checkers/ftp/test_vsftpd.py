"""A real FTP server in the ways it is set up, and what an honest look says about each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkers.driver import Reader
from tests.checkers.ftp.look import QUICK, look
from tests.checkers.ftp.servers import needs_vsftpd, vsftpd
from tests.checkers.tls.authority import Issued
from troth.checkers.ftp.checker import Endpoints

pytestmark = needs_vsftpd

TLS = {"ssl_enable": "YES"}
#: What vsftpd 3 names in FEAT without TLS, by its manual and source.
PLAIN_FEATURES = {"EPRT", "EPSV", "MDTM", "PASV", "REST STREAM", "SIZE", "TVFS"}
TLS_FEATURES = {"AUTH TLS", "PBSZ", "PROT"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ("none", "clear-only", "asked-on")),
        (TLS | {"force_local_logins_ssl": "NO"}, ("explicit", "protected", "asked-on")),
        (TLS | {"force_local_logins_ssl": "YES"}, ("explicit", "protected", "refused")),
        (TLS | {"force_local_data_ssl": "NO"}, ("explicit", "protected", "refused")),
    ],
)
def test_what_vsftpd_asks_for(
    issued: Issued, tmp_path: Path, settings: dict[str, str], expected: tuple[str, str, str]
) -> None:
    with vsftpd(tmp_path, issued, **settings) as port:
        seen = look(Endpoints, port)
    facts = seen.values_of("protection")
    assert (facts["mode"], facts["data"], facts["plain_login"]) == expected
    greeting = seen.values_of("greeting")
    assert greeting["code"] == 220
    features = PLAIN_FEATURES | (TLS_FEATURES if settings else set())
    assert greeting["features"] == {"items": sorted(features), "complete": True}


def test_tls_from_the_first_byte(issued: Issued, tmp_path: Path) -> None:
    with vsftpd(tmp_path, issued, **TLS, implicit_ssl="YES") as port:
        seen = look(Endpoints, port, timeout_seconds=2.0)
    facts = seen.values_of("protection")
    assert facts == {"mode": "implicit", "data": "protected", "plain_login": "refused"}
    assert seen.values_of("greeting")["code"] == 220


@pytest.mark.parametrize("tls", [TLS, {}])
def test_a_name_that_is_refused_in_tls_too_proves_nothing_about_tls(
    issued: Issued, tmp_path: Path, tls: dict[str, str]
) -> None:
    """An anonymous-only server refuses account names with 530, protected or not."""
    only = {"local_enable": "NO", "anonymous_enable": "YES", "force_local_logins_ssl": "NO"}
    with vsftpd(tmp_path, issued, **tls, **only) as port:
        seen = look(Endpoints, port)
    assert seen.why("protection", "plain_login").reason == "unproven"
    assert "530" in seen.why("protection", "plain_login").message
    assert seen.values_of("protection")["mode"] == ("explicit" if tls else "none")


def test_greeting_alone_is_one_connection_and_nothing_is_asked_twice(
    issued: Issued, tmp_path: Path
) -> None:
    reader = Reader(frozenset())
    with vsftpd(tmp_path, issued, **TLS) as port:
        look(Endpoints, port, reader)
    assert reader.made == {"file:endpoints": 1, "ftp:Greeting": 1, "ftp:Protection": 1}


@pytest.mark.parametrize("setting", ["MinProtocol = TLSv1.3", "CipherString = DEFAULT:@SECLEVEL=5"])
def test_the_local_openssl_settings_do_not_decide(
    issued: Issued, tmp_path: Path, setting: str
) -> None:
    """vsftpd 3.0.3 of Debian speaks TLS 1.2 here, with RSA of 2048 bits."""
    config = tmp_path / "openssl.cnf"
    config.write_text(
        "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = used\n"
        f"[used]\n{setting}\n"
    )
    code = (
        "import sys; from tests.checkers.ftp.look import look;"
        "from troth.checkers.ftp.checker import Endpoints;"
        "print(look(Endpoints, int(sys.argv[1])).values_of('protection'))"
    )
    with vsftpd(tmp_path, issued, **TLS, ssl_ciphers="AES256-SHA256") as port:
        done = subprocess.run(
            [sys.executable, "-c", code, str(port)],
            env=os.environ | {"OPENSSL_CONF": str(config), "PYTHONPATH": "."},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
        )
    assert "'data': 'protected', 'plain_login': 'refused'" in done.stdout


def test_a_name_that_leads_nowhere_and_a_port_where_nobody_is(issued: Issued) -> None:
    for endpoint in ("nowhere.invalid:21", "127.0.0.1:1"):
        seen = look(Endpoints, endpoint, **QUICK)
        assert seen.why("greeting", "code").reason == "unreachable"
        assert seen.why("protection", "mode").reason == "unreachable"
