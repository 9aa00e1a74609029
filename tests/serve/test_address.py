"""Where the pages may be served, and which names a request may carry."""

from __future__ import annotations

import pytest

from troth.cli.serve import command
from troth.errors import UsageError
from troth.serve import address


@pytest.mark.parametrize(
    ("text", "host", "port", "shown", "loopback"),
    [
        ("127.0.0.1:8421", "127.0.0.1", 8421, "127.0.0.1:8421", True),
        ("localhost:0", "127.0.0.1", 0, "127.0.0.1:0", True),
        ("127.8.9.10:80", "127.8.9.10", 80, "127.8.9.10:80", True),
        ("[::1]:8421", "::1", 8421, "[::1]:8421", True),
        ("0.0.0.0:8421", "0.0.0.0", 8421, "0.0.0.0:8421", False),  # noqa: S104 - refused later
        ("[::]:1", "::", 1, "[::]:1", False),
        ("192.0.2.7:65535", "192.0.2.7", 65535, "192.0.2.7:65535", False),
    ],
)
def test_an_address_is_taken_apart(
    text: str, host: str, port: int, shown: str, loopback: bool
) -> None:
    found = address.listen(text)
    assert (found.host, found.port, str(found), found.loopback) == (host, port, shown, loopback)


@pytest.mark.parametrize(
    "text",
    [
        "", "8421", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", ":8421",
        "::1:8421", "troth.example.com:80", "127.0.0.1:8421/", "127.1:80", "127.0.0.1:8421\n",
        "127.0.0.1:٣",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not an address and a port; write 127\.0\.0\.1:8421"):
        address.listen(text)


def test_the_command_serves_where_the_messages_say() -> None:
    (listen,) = [one for one in command.params if one.name == "listen_at"]
    assert listen.default == address.DEFAULT


NAMES = address.names(address.Listen("127.0.0.1", 8421), ["Troth.Example.com"])


@pytest.mark.parametrize(
    "header",
    [
        "127.0.0.1", "127.0.0.1:8421", "localhost", "LOCALHOST:80", "localhost.",
        "troth.example.com", "TROTH.example.COM:443", "troth.example.com.",
    ],
)  # fmt: skip
def test_its_own_names_are_known_at_any_port(header: str) -> None:
    assert address.known(header, NAMES)


@pytest.mark.parametrize(
    "header",
    [
        "", "evil.example", "evil.example:8421", "127.0.0.2", "localhost.evil.example", "[::1]",
        "127.0.0.1:8421, evil.example", "127.0.0.1@evil.example", "evil.example/127.0.0.1",
        "localhost:", "localhost:x", "localhost ", " localhost", "localhost\n", "localhost..",
        "l\N{CYRILLIC SMALL LETTER O}calhost", "127.0.0.1:999999",
    ],
)  # fmt: skip
def test_other_names_are_not(header: str) -> None:
    assert not address.known(header, NAMES)


def test_an_address_of_version_six_is_known_in_brackets() -> None:
    names = address.names(address.Listen("::1", 1), [])
    assert address.known("[::1]:1", names)
    assert not address.known("::1", names)
    assert not address.known("127.0.0.1", names)


@pytest.mark.parametrize("name", ["", "a b", "https://troth.example.com", "a:80", "a/b", "a,b"])
def test_what_is_no_name_of_a_host_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is not the name of a host"):
        address.names(address.Listen("127.0.0.1", 1), [name])
