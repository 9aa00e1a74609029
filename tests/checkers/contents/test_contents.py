"""What stored texts hold: card numbers, identifiers, forms of passwords, what can be read.

The numbers, addresses and hashes were made for these tests and are nobody's.
"""

from __future__ import annotations

import base64
import time

import pytest

from troth.checkers.contents import cards, forms, identifiers, readable, sample

#: An issuer's first digits, a length that it uses, and a fitting check digit.
VISA = "4539148803436467"


def with_check_digit(digits: str) -> str:
    return next(f"{digits}{n}" for n in range(10) if cards.luhn(f"{digits}{n}"))


def test_the_check_digit_is_that_of_iso_7812() -> None:
    assert cards.luhn("79927398713")  # the example of the standard's annex
    assert not cards.luhn("79927398710")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("card 4539148803436467.", 1),
        ("4539 1488 0343 6467", 1),
        ("4539-1488-0343-6467 and 4539148803436467", 2),
        ("4539148803436468", 0),  # the check digit does not fit
        ("4539 1488-0343 6467", 0),  # groups that no card shows
        ("x4539148803436467", 0),
        ("id_4539148803436467", 0),
        ("04539148803436467", 0),
        ("45391488034364671234", 0),
        ("4539148803436467.5", 0),
        ("0.4539148803436467", 0),
        ('{"pan":"4539148803436467"}', 1),
        ("4111111111111111, 4242 4242 4242 4242", 0),  # published for tests
        ("4539148803436467 5425233430109911", 2),
        ("1234 4539 1488 0343 6467 12", 1),
        ("3744 567890 12343", 1),
        ("453914******6467", 0),
        ("4539 14XX XXXX 6467", 0),
        ("0000000000000000", 0),
        ("", 0),
    ],
)
def test_card_numbers_in_texts(text: str, count: int) -> None:
    assert cards.count(text) == count


@pytest.mark.parametrize(
    ("prefix", "length", "is_card"),
    [
        ("4", 13, True), ("4", 16, True), ("4", 19, True), ("4", 15, False), ("4", 14, False),
        ("34", 15, True), ("37", 15, True), ("37", 16, False), ("51", 16, True), ("56", 16, False),
        ("2221", 16, True), ("2720", 16, True), ("2721", 16, False), ("2205", 16, False),
        ("6011", 16, True), ("6012", 16, False), ("36", 14, True), ("3528", 16, True),
        ("3590", 16, False), ("9", 16, False), ("1", 16, False), ("62", 17, True),
    ],
)  # fmt: skip
def test_an_issuer_and_its_lengths(prefix: str, length: int, is_card: bool) -> None:
    number = with_check_digit(prefix.ljust(length - 1, "7"))
    assert cards.is_number(number) is is_card


def test_of_numbers_drawn_by_chance_few_are_taken_for_cards() -> None:
    import random

    drawn = random.Random(1)  # noqa: S311
    hits = sum(cards.is_number(str(drawn.randrange(10**15, 10**16))) for _ in range(20_000))
    assert hits < 20_000 * 0.04  # the check digit alone lets a tenth through


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("card_number", True), ("cardNumber", True), ("creditcard", True), ("CC_NUM", True),
        ("pan", True), ("customer_pan", True), ("cvv", True), ("cvv2", True), ("card_cvc", True),
        ("securityCode", True), ("japan", False), ("span", False), ("company", False),
        ("card_last4", False), ("card_token", False), ("card_number_masked", False),
        ("card_holder", False), ("account_number", False), ("expand", False),
    ],
)  # fmt: skip
def test_columns_named_after_cards(name: str, named: bool) -> None:
    assert cards.is_named(name) is named


@pytest.mark.parametrize(
    ("column", "value", "harmless"),
    [
        ("card_number", "453914******6467", True),
        ("card_number", "XXXX-XXXX-XXXX-6467", True),
        ("card_number", "6467", True),
        ("card_number", "4111 1111 1111 1111", True),
        ("card_number", " ", True),
        ("card_number", VISA, False),
        ("card_number", "45391488*6467", False),
        ("card_number", "gAAAAABn7ZJ0", False),
        ("cvv", "123", False),
        ("cvv", "***", True),
        ("cvv", "", True),
    ],
)
def test_what_gives_nothing_away(column: str, value: str, harmless: bool) -> None:
    assert cards.is_shown_only(column, value) is harmless


BCRYPT = "$2b$12$" + "a" * 22 + "b" * 31


@pytest.mark.parametrize(
    ("value", "scheme", "cost"),
    [
        (BCRYPT, "bcrypt", 12),
        ("{bcrypt}" + BCRYPT, "bcrypt", 12),
        ("bcrypt_sha256$" + BCRYPT, "bcrypt", 12),
        ("$2b$09$" + "a" * 22 + "b" * 31, "bcrypt", 9),
        ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g", "argon2id", 65536),
        ("argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaA", "argon2id", 102400),
        ("$argon2i$v=19$m=512,t=2,p=2$c2FsdA$aGFzaA", "argon2i", 512),
        ("pbkdf2_sha256$600000$salt$" + "A" * 43 + "=", "pbkdf2-sha256", 600000),
        ("$pbkdf2-sha512$25000$c2FsdA$aGFzaA", "pbkdf2-sha512", 25000),
        ("pbkdf2:sha256:1000000$salt$" + "0a" * 32, "pbkdf2-sha256", 1000000),
        ("scrypt:32768:8:1$salt$" + "0a" * 64, "scrypt", 15),
        ("scrypt$salt$16384$8$1$" + "A" * 86 + "==", "scrypt", 14),
        ("$scrypt$ln=16,r=8,p=1$c2FsdA$aGFzaA", "scrypt", 16),
        ("$y$j9T$salt$" + "a" * 43, "yescrypt", 12),
        ("$6$salt$" + "a" * 86, "sha512-crypt", 5000),
        ("$6$rounds=100000$salt$" + "a" * 86, "sha512-crypt", 100000),
        ("$1$salt$" + "a" * 22, "md5-crypt", 1000),
        ("$P$B" + "a" * 30, "phpass", 0),
        ("$S$D" + "a" * 51, "sha512-phpass", 0),
        ("SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy", "scram-sha-256", 4096),
        ("{SSHA}" + "A" * 32, "sha1", 0),
        ("0a" * 16, "md5", 0),
        ("0a" * 20, "sha1", 0),
        ("0a" * 32, "sha256", 0),
        ("0a" * 64, "sha512", 0),
        ("*" + "0A" * 20, "mysql-native", 0),
        ("!" + "a" * 40, "locked", 0),
        ("hunter2", "other", 0),
        ("$2b$12$tooshort", "other", 0),
        ("$argon2id$v=19$m=x,t=3,p=4$c2FsdA$aGFzaA", "other", 0),
        ("gAAAAABn7ZJ0m3xY8fRk2bq0uWw5Zr1c9PjQvL4s", "other", 0),
        ("AQAAAAB", "other", 0),
    ],
)
def test_the_form_of_a_password(value: str, scheme: str, cost: int) -> None:
    found = forms.form(value)
    assert (found.scheme, found.cost) == (scheme, cost)


def test_the_form_of_asp_net_core_identity() -> None:
    numbers = (1, 100_000, 16)
    body = b"\x01" + b"".join(number.to_bytes(4, "big") for number in numbers)
    value = base64.b64encode(body + b"s" * 16 + b"k" * 32).decode()
    assert value.startswith("AQAAAA")
    assert forms.form(value) == forms.Form("pbkdf2-sha256", 100_000, (b"s" * 16).hex())


def test_salts_and_hashes_that_come_again() -> None:
    one, two = "$1$same$" + "a" * 22, "$1$same$" + "b" * 22
    found = forms.facts([one, two, "0a" * 16, "0a" * 16, "", None, "!", "!"], whole=False)
    assert (found["looked_at"], found["empty"], found["whole"]) == (7, 1, False)
    assert (found["equal"], found["equal_salts"]) == (2, 2)
    assert found["forms"]["items"] == [
        {"scheme": "locked", "cost": 0, "rows": 2},
        {"scheme": "md5", "cost": 0, "rows": 2},
        {"scheme": "md5-crypt", "cost": 1000, "rows": 2},
    ]


@pytest.mark.parametrize(
    ("column", "value", "kinds"),
    [
        ("note", "write to a.b+c@mail.example.org today", {"mail"}),
        ("note", "a@b", set()),
        ("note", "@media (max-width: 30em)", set()),
        ("note", "+81 6 1234 5678", {"phone"}),
        ("note", "+4915112345678", {"phone"}),
        ("note", "(0123) 456-7890", {"phone"}),
        ("note", "2026-11-22 10:11:12 200 532", set()),
        ("note", "10.0.0.17 and 1.2.3.4.5", set()),
        ("note", "123456789012", set()),
        ("note", "for Hinoki Works only", {"customer"}),
        ("note", "hinoki workshop", set()),
        ("email_hash", "0a" * 32, {"pseudonym"}),
        ("customerId", "0A" * 16, {"pseudonym"}),
        ("build", "0a" * 20, set()),
    ],
)
def test_identifiers(column: str, value: str, kinds: set[str]) -> None:
    names = identifiers.pattern_of(["Hinoki Works", "AB", " "])
    assert identifiers.kinds_in(column, value, names) == kinds


def test_short_names_are_words_and_none_is_looked_for() -> None:
    assert identifiers.pattern_of(["AB", ""]) is None


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (b"hello, can you help me", True),
        ("問い合わせです".encode(), True),
        (b'{"text": "hi"}', True),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", True),
        (b"OggS\x00\x02", True),
        (b"ID3\x03\x00", True),
        (b"\x00\x00\x00\x20ftypM4A ", True),
        (base64.b64encode(b"hello, can you help me with it"), True),
        (b"\\x" + b"hello, can you help".hex().encode(), True),
        (base64.b64encode(bytes((n * 73 + 41) % 256 for n in range(96))), False),
        (bytes((n * 73 + 41) % 256 for n in range(96)), False),
        (b"-----BEGIN PGP MESSAGE-----\n", False),
        (b"vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==", False),
        (b"", False),
        (b"   ", False),
    ],
)
def test_what_can_be_read(value: bytes, seen: bool) -> None:
    assert readable.is_readable(value) is seen


def test_no_value_is_among_the_facts_of_a_sample() -> None:
    rows: list[list[str | None]] = [[f"paid {VISA}", "x@y.example"], [None, "none"]]
    found = sample.cards(["note", "who"], rows, whole=True)
    assert (found["looked_at"], found["numbers"], found["places"]["items"]) == (3, 1, ["note"])
    told = sample.identifiers(["note", "who"], rows, None, whole=True)
    assert told["found"] == [{"what": "mail", "column": "who", "values": 1}]
    assert VISA not in repr((found, told))
    assert "example" not in repr((found, told))


@pytest.mark.parametrize(
    "text",
    ["4" * 200_000, "4 " * 100_000, "+1" * 100_000, "a.b-" * 50_000 + "@", "@" * 100_000,
     "a@" + "b." * 50_000, "(0" * 60_000, "$argon2id$" * 10_000, "0 0" * 60_000],
)  # fmt: skip
def test_hostile_texts_take_linear_time(text: str) -> None:
    began = time.process_time()
    cards.count(text)
    identifiers.kinds_in("name", text)
    forms.form(text)
    readable.is_readable(text.encode())
    assert time.process_time() - began < 2
