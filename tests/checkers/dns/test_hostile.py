"""Name servers that fail, lie or attack: what they say is not known is unknown, in bounded time."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checkers.dns import servers
from tests.checkers.dns.look import Look
from troth.checker import Facts, ObservationFailed, Partition
from troth.checkers.dns import addresses, authority, issuers, mail, records, services, wire
from troth.checkers.dns.checker import Names
from troth.checkers.dns.ranges import Published
from troth.checkers.dns.records import Answer
from troth.checkers.dns.resolvers import named
from troth.checkers.network.clock import Clock
from troth.model import Reason

SHORT = {"timeout_seconds": 0.3, "deadline_seconds": 1.2}
Message = dns.message.Message
Edit = Callable[[Message, Message], None]


def answering(edit: Edit, flags: int = dns.flags.RA) -> servers.Speak:
    """Answer every question with what ``edit`` adds to an empty answer."""

    def speak(query: Message, tcp: bool) -> Iterator[bytes]:
        response = dns.message.make_response(query)
        response.flags |= flags
        edit(response, query)
        yield response.to_wire(max_size=65535)

    return speak


def coded(rcode: dns.rcode.Rcode) -> servers.Speak:
    return answering(lambda response, query: response.set_rcode(rcode))


def add(response: Message, owner: str, kind: str, *texts: str) -> None:
    response.answer.append(dns.rrset.from_text(owner, 60, "IN", kind, *texts))


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.FORMERR])
def test_a_resolver_that_cannot_say_is_not_a_no(rcode: dns.rcode.Rcode) -> None:
    with servers.peer(coded(rcode)) as port:
        seen = Look("a.test", port)
        for facet in ("addresses", "authority", "issuers"):
            assert seen.reason(facet) is Reason.UNPROVEN
            assert dns.rcode.to_text(rcode) in seen.why(facet).message
        for fact in ("exchangers", "spf", "dmarc"):
            assert seen.reason("mail", fact) is Reason.UNPROVEN
        assert seen.reason("services", "targets") is Reason.UNPROVEN


def test_what_does_not_fit_below_a_long_name_is_unknown_alone() -> None:
    name = ".".join(["a" * 61] * 4)  # 247 characters: seven more are too many
    with servers.peer(coded(dns.rcode.NXDOMAIN)) as port:
        seen = Look(name, port, services=["_" + "s" * 63 + "._tcp"])
    assert seen("addresses", "exists") is False
    assert seen("mail", "spf") == ""
    for facet, fact in (("mail", "dmarc"), ("services", "targets")):
        assert seen.reason(facet, fact) is Reason.NOT_SUPPORTED


def test_one_family_that_fails_leaves_the_list_open() -> None:
    def edit(response: Message, query: Message) -> None:
        if query.question[0].rdtype == 28:
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            add(response, "a.test.", "A", "203.0.113.1")

    with servers.peer(answering(edit)) as port:
        seen = Look("a.test", port)
        assert seen("addresses", "exists") is True
        assert seen.reason("addresses", "found") is Reason.UNPROVEN
        assert seen.reason("addresses", "aliases") is Reason.UNPROVEN


def test_a_denial_for_one_family_does_not_speak_for_the_other() -> None:
    def edit(response: Message, query: Message) -> None:
        denied = query.question[0].rdtype == 28
        response.set_rcode(dns.rcode.NXDOMAIN if denied else dns.rcode.SERVFAIL)

    with servers.peer(answering(edit)) as port:
        assert Look("a.test", port).reason("addresses", "exists") is Reason.UNPROVEN


@pytest.mark.parametrize("rcode", [dns.rcode.NXDOMAIN, dns.rcode.NOERROR])
def test_who_neither_knows_nor_asks_cannot_deny(rcode: dns.rcode.Rcode) -> None:
    speak = answering(lambda response, query: response.set_rcode(rcode), flags=0)
    with servers.peer(speak) as port:
        assert Look("a.test", port).reason("addresses") is Reason.UNPROVEN


def test_a_referral_is_not_a_no() -> None:
    def edit(response: Message, query: Message) -> None:
        rows = dns.rrset.from_text("test.", 60, "IN", "NS", "ns.test.")
        response.authority.append(rows)

    with servers.peer(answering(edit)) as port:
        assert Look("a.test", port).reason("issuers") is Reason.UNPROVEN


def silent(query: Message, tcp: bool) -> Iterator[bytes]:
    return iter(())


def garbage(query: Message, tcp: bool) -> Iterator[bytes]:
    yield b"\xff" * 40


def flooding(query: Message, tcp: bool) -> Iterator[bytes]:
    while True:
        yield b"\x00" * 12


def spoofed(query: Message, tcp: bool) -> Iterator[bytes]:
    response = dns.message.make_response(query)
    response.flags |= dns.flags.RA
    response.set_rcode(dns.rcode.NXDOMAIN)
    response.id ^= 1
    yield response.to_wire()


def other_question(query: Message, tcp: bool) -> Iterator[bytes]:
    other = dns.message.make_query("b.test", query.question[0].rdtype)
    other.id = query.id
    response = dns.message.make_response(other)
    response.flags |= dns.flags.RA
    response.set_rcode(dns.rcode.NXDOMAIN)
    yield response.to_wire()


def looping_name(query: Message, tcp: bool) -> Iterator[bytes]:
    """Answer with a name whose compression pointer points at itself."""
    head = struct.pack("!6H", query.id, 0x8180, 1, 1, 0, 0)
    question = query.to_wire()[12 : 12 + len(b"\x01a\x04test\x00") + 4]
    at = 12 + len(question)
    yield head + question + struct.pack("!H", 0xC000 | at) + struct.pack("!HHIH", 5, 1, 60, 0)


def counting_more(query: Message, tcp: bool) -> Iterator[bytes]:
    """Announce 65,535 records and send none."""
    yield struct.pack("!6H", query.id, 0x8180, 1, 65535, 0, 0) + query.to_wire()[12:24]


def cut(query: Message, tcp: bool) -> Iterator[bytes]:
    """Say over UDP that the answer is too long, and then say half of it over TCP."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.TC | dns.flags.RA
    yield b"\xff\xff" + response.to_wire() if tcp else response.to_wire()


def dripping(query: Message, tcp: bool) -> Iterator[bytes]:
    """Send a TCP answer byte by byte until the client gives up."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.TC
    if not tcp:
        yield response.to_wire()
        return
    yield b"\xff\xff"
    pause = threading.Event()
    while not pause.wait(0.05):
        yield b"\x00"


@pytest.mark.parametrize(
    ("speak", "reason"),
    [
        (silent, Reason.TIMEOUT),
        (garbage, Reason.MALFORMED_RESPONSE),
        (spoofed, Reason.MALFORMED_RESPONSE),
        (other_question, Reason.MALFORMED_RESPONSE),
        (looping_name, Reason.MALFORMED_RESPONSE),
        (counting_more, Reason.MALFORMED_RESPONSE),
        (cut, Reason.MALFORMED_RESPONSE),
        (dripping, Reason.TIMEOUT),
    ],
)
def test_what_is_no_answer_is_unknown(speak: servers.Speak, reason: Reason) -> None:
    with servers.peer(speak) as port:
        assert Look("a.test", port, **SHORT).reason("addresses") is reason


def test_a_flood_of_wrong_messages_ends_with_the_time() -> None:
    query = dns.message.make_query("a.test", "A")
    with servers.peer(flooding) as port, pytest.raises(wire.Unreadable):
        wire.exchange("127.0.0.1", port, query, Clock.of(0.3))


def test_a_wrong_message_before_the_right_one_does_no_harm() -> None:
    def speak(query: Message, tcp: bool) -> Iterator[bytes]:
        yield from garbage(query, tcp)
        yield from spoofed(query, tcp)
        yield from other_question(query, tcp)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if query.question[0].rdtype == 1:
            add(response, "a.test.", "A", "203.0.113.1")
        yield response.to_wire()

    with servers.peer(speak) as port:
        assert Look("a.test", port)("addresses", "exists") is True


def test_nobody_at_the_resolvers_port() -> None:
    seen = Look("a.test", servers.free_port())
    assert seen.reason("addresses") is Reason.UNREACHABLE


def test_a_second_resolver_answers_for_a_dead_one(resolver: int) -> None:
    with servers.peer(silent) as dead:
        both = [f"127.0.0.1:{dead}", f"127.0.0.1:{resolver}"]
        seen = Look("www.test", dead, resolvers=both, timeout_seconds=1)
        assert seen("addresses", "exists") is True


def test_a_name_whose_time_is_spent_is_unknown() -> None:
    with servers.peer(silent) as port:
        seen = Look("a.test", port, timeout_seconds=0.3, deadline_seconds=0.5)
        assert seen.reason("services", "targets") is Reason.TIMEOUT
        assert "time was spent" in seen.why("services", "targets").message


def test_endless_aliases_end() -> None:
    def edit(response: Message, query: Message) -> None:
        text = query.question[0].name.to_text()
        add(response, text, "CNAME", f"a{len(text)}{text}")

    with servers.peer(answering(edit)) as port:
        seen = Look("a.test", port)
        assert seen.reason("addresses") is Reason.MALFORMED_RESPONSE
        assert "more than 16 aliases" in seen.why("addresses").message


def test_two_hundred_aliases_in_one_answer_end_too() -> None:
    def edit(response: Message, query: Message) -> None:
        for number in range(200):
            add(response, f"a{number or ''}.test.", "CNAME", f"a{number + 1}.test.")

    with servers.peer(answering(edit)) as port:
        assert Look("a.test", port).reason("addresses") is Reason.MALFORMED_RESPONSE


def test_more_records_than_any_set_has_are_not_read() -> None:
    def edit(response: Message, query: Message) -> None:
        owner = query.question[0].name.to_text()
        if query.question[0].rdtype == 15:
            response.answer.append(
                dns.rrset.from_text_list(
                    owner, 60, "IN", "MX", [f"{n} m.test." for n in range(256)]
                )
            )

    with servers.peer(answering(edit)) as port:
        seen = Look("a.test", port)
        assert seen.reason("mail", "exchangers") is Reason.MALFORMED_RESPONSE
        assert "more than 256 records" in seen.why("mail", "exchangers").message


def test_an_alias_that_forks_proves_nothing() -> None:
    def edit(response: Message, query: Message) -> None:
        add(response, "a.test.", "CNAME", "b.test.")
        add(response, "a.test.", "CNAME", "c.test.")

    with servers.peer(answering(edit)) as port:
        assert "alias of two names" in Look("a.test", port).why("addresses").message


def test_records_that_nobody_asked_for_are_not_read() -> None:
    def edit(response: Message, query: Message) -> None:
        add(response, "other.test.", "A", "203.0.113.1")
        response.additional.append(dns.rrset.from_text("a.test.", 60, "IN", "A", "203.0.113.2"))
        response.answer.append(dns.rrset.from_text("a.test.", 60, "CH", "TXT", '"v=spf1 -all"'))

    with servers.peer(answering(edit)) as port:
        seen = Look("a.test", port)
        assert seen("addresses", "found") == []
        assert seen("mail", "spf") == ""


def test_hostile_bytes_in_names_and_texts_are_escaped() -> None:
    def edit(response: Message, query: Message) -> None:
        kind = query.question[0].rdtype
        owner = query.question[0].name.to_text()
        if kind == 15:
            add(response, owner, "MX", "10 \\027[31m.test.")
        elif kind == 16 and not owner.startswith("_dmarc"):
            add(response, owner, "TXT", '"v=spf1 \\010\\027\\255\\226\\128\\174\\\\ -all"')
        elif kind == 257:
            add(response, owner, "CAA", '0 issue "\\027]0;x\\007"')

    with servers.peer(answering(edit)) as port:
        seen = Look("a.test", port)
        assert seen("mail", "exchangers") == ["\\027[31m.test"]
        assert seen("mail", "spf") == "v=spf1 \\010\\027\\255\\226\\128\\174\\092 -all"
        assert seen("issuers", "records")[0]["value"] == "\\027]0;x\\007"


def test_a_text_that_is_too_long_is_neither_cut_nor_kept() -> None:
    def edit(response: Message, query: Message) -> None:
        if query.question[0].rdtype == 16:
            owner = query.question[0].name.to_text()
            add(response, owner, "TXT", '"v=spf1 "' + f' "{"x" * 250}"' * 200 + ' " +all"')

    with servers.peer(answering(edit)) as port:
        assert Look("a.test", port).reason("mail", "spf") is Reason.MALFORMED_RESPONSE


def test_many_servers_of_a_zone_are_not_all_looked_up() -> None:
    asked: list[str] = []

    def edit(response: Message, query: Message) -> None:
        asked.append(query.question[0].name.to_text())
        kind = query.question[0].rdtype
        if kind == 6:
            add(response, "test.", "SOA", "ns. a. 1 60 60 60 60")
        elif kind == 2:
            add(response, "test.", "NS", *[f"ns{number}.test." for number in range(100)])

    with servers.peer(answering(edit)) as port:
        seen = Look("test", port)
        assert seen.reason("authority", "servers") is Reason.LISTING_INCOMPLETE
        assert len(seen.part("authority", "servers")) == 32
    assert len(asked) < 100


def test_resolvers_of_the_machine_and_egress(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("# x\nnameserver 192.0.2.1\nsearch test\nnameserver 2001:db8::1\nnameserver\n")
    assert [one.authority for one in named({}, path)] == ["192.0.2.1:53", "[2001:db8::1]:53"]
    target = {"resolvers": ["192.0.2.7", "[2001:db8::7]:5353", "2001:db8::8", "192.0.2.9:54"]}
    assert [one.authority for one in named(target)] == [
        "192.0.2.7:53",
        "[2001:db8::7]:5353",
        "[2001:db8::8]:53",
    ]
    assert Names.egress({"resolvers": ["192.0.2.7"]}, Partition("t")) == ["192.0.2.7:53"]


@pytest.mark.parametrize("text", ["resolver.test", "192.0.2.1:0", "192.0.2.1:x", "1.2.3", "[::1"])
def test_a_resolver_that_is_no_address(text: str, tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(f"nameserver {text}\n")
    with pytest.raises(ObservationFailed):
        named({}, path)
    path.write_text("search test\n")
    with pytest.raises(ObservationFailed):
        named({}, path)
    with pytest.raises(ObservationFailed):
        named({}, tmp_path / "none")
    assert Names.egress({"resolvers": [text]}, Partition("t")) == ()


def test_resolvers_that_are_no_address_are_unknown_everywhere() -> None:
    seen = Look("a.test", 53, resolvers=["1.2.3"])
    assert seen.reason("addresses") is Reason.NO_DATA
    assert seen.reason("mail", "spf") is Reason.NO_DATA


def test_what_an_address_list_says_longest_prefix_first() -> None:
    published = Published()
    rows = [
        ("203.0.0.0/16", "us-east-1", "AMAZON"),
        ("203.0.113.0/24", "eu-west-1", "AMAZON"),
        ("203.0.113.0/24", "eu-west-1", "EC2"),
        ("203.0.113.0/24", "eu-west-1", "S3"),
        ("203.0.114.0/24", "GLOBAL", "CLOUDFRONT"),
        ("203.0.114.0/24", "GLOBAL", "AMAZON"),
    ]
    prefixes = ", ".join(
        f'{{"ip_prefix": "{net}", "region": "{region}", "service": "{service}"}}'
        for net, region, service in rows
    )
    ipv6 = '{"ipv6_prefix": "2001:db8::/32", "region": "eu-west-1", "service": "AMAZON"}'
    published.add("aws", f'{{"prefixes": [{prefixes}], "ipv6_prefixes": [{ipv6}]}}'.encode())
    found = {
        address: (one.region, one.service) if one else None
        for address, one in (
            (text, published.find(text))
            for text in ("203.0.113.9", "203.0.114.9", "203.0.1.1", "203.1.0.0", "2001:db8::1")
        )
    }
    assert found == {
        "203.0.113.9": ("eu-west-1", "S3"),
        "203.0.114.9": ("global", "CLOUDFRONT"),
        "203.0.1.1": ("us-east-1", "AMAZON"),
        "203.1.0.0": None,
        "2001:db8::1": ("eu-west-1", "AMAZON"),
    }


def test_the_list_of_all_of_google_names_no_scope() -> None:
    published = Published()
    published.add("gcp", b'{"prefixes": [{"ipv4Prefix": "203.0.113.0/24"}]}')
    one = published.find("203.0.113.1")
    assert one is not None
    assert (one.provider, one.region, one.service) == ("gcp", "", "")


_KINDS = ("A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "SOA", "SRV", "TXT")


@given(st.binary(max_size=200), st.sampled_from(_KINDS))
def test_no_message_raises_what_is_not_expected(body: bytes, kind: str) -> None:
    query = dns.message.make_query("a.test", kind)
    head = struct.pack("!6H", query.id, 0x8180, 1, 2, 1, 0)
    try:
        response = wire.read(head + query.to_wire()[12:24] + body, query)
    except (wire.Unreadable, wire.Cut):
        return
    assert isinstance(records.read(response, kind), Answer)


@given(st.data())
def test_facets_end_whatever_is_answered(data: st.DataObject) -> None:
    hosts = st.sampled_from(["a.test", "b.a.test", "test", ".", "_sip._tcp.test"])
    values = {
        "A": st.just(("203.0.113.1",)),
        "AAAA": st.just(("2001:db8::1",)),
        "CNAME": st.tuples(hosts),
        "NS": st.tuples(hosts),
        "DS": st.just((1, 2, 3)),
        "SOA": st.just(()),
        "MX": st.tuples(st.integers(0, 9), hosts),
        "TXT": st.tuples(st.sampled_from(["v=spf1", "v=DMARC1; p=none", "x"])),
        "CAA": st.tuples(st.integers(0, 255), st.just("issue"), st.just("x")),
        "SRV": st.tuples(hosts, st.integers(0, 65535)),
        "NAPTR": st.tuples(st.sampled_from(["s", "a", "u", ""]), st.just("sip+d2t"), hosts),
    }
    asked = 0

    def look(name: str, wanted: str) -> Answer:
        nonlocal asked
        asked += 1
        kinds = st.sampled_from([wanted, "CNAME"])
        drawn = data.draw(st.lists(st.tuples(hosts, kinds), max_size=3))
        rows = tuple(records.Record(owner, kind, data.draw(values[kind])) for owner, kind in drawn)
        return Answer(data.draw(st.booleans()), rows, data.draw(hosts))

    makers: list[Callable[[], Facts]] = [
        lambda: addresses.facts(look, "a.test", Published()),
        lambda: authority.facts(look, "a.test"),
        lambda: issuers.facts(look, "a.test"),
        lambda: mail.facts(look, "a.test"),
        lambda: services.facts(look, "a.test", ["_sip._tcp"]),
    ]
    for make in makers:
        with contextlib.suppress(ObservationFailed):
            make()
    assert asked < 1000


def test_a_question_leaves_no_socket_behind() -> None:
    port = servers.free_port()
    for _ in range(3):
        Look("a.test", port)
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", port))
