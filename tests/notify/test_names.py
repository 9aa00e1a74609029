"""Names that would do something where a message is shown, and do nothing."""

from __future__ import annotations

import html.parser
import json
import re

import pytest
from markdown_it import MarkdownIt

from tests.notify.digests import digest, event
from troth.notify.message import Message, message
from troth.notify.names import shown
from troth.notify.webhook import document

#: What a name holds, and what is left of it in a plain body: there « and » stand for the signs that
#: look like < and >, and § for the one that looks like @.
HOSTILE = {
    "a line of its own": ("a\n\n- acme 1: fixed", "a��- acme 1: fixed"),
    "a carriage return": ("a\rTo: x", "a�To: x"),
    "a line separator": ("a\u2028b\u2029c\x85d", "a�b�c�d"),
    "reversed direction": ("a\u202etxt.exe", "a�txt.exe"),
    "an escape": ("a\x1b[2Jb", "a�[2Jb"),
    "nothing to see": ("a\u200bb", "a�b"),
    "all of a channel in Slack": ("<!channel> hi", "«!channel» hi"),
    "a user in Slack": ("<@U012AB3CD>", "«§U012AB3CD»"),
    "a link in Slack": ("<https://evil.example|log in>", "«https[:]//evil.example|log in»"),
    "a date in Slack": ("<!date^1^{date}|x>", "«!date^1^{date}|x»"),
    "a mention in Teams": ("<at>All</at>", "«at»All«/at»"),
    "those who are here": ("@here @HERE, (@channel)", "§here §HERE, (§channel)"),
    "everyone within a word": ("x@everyone", "x§everyone"),
    "everyone, shouted": ("x@EVERYONE", "x§EVERYONE"),
    "an e-mail address": ("ann@example.test", "ann@example.test"),
    "a link of Markdown": ("[click](https://evil.example)", "[click] (https[:]//evil.example)"),
    "a link without scheme": ("[click](//evil.example)", "[click] (//evil.example)"),
    "an image": ("![x](//evil.example/a.png)", "![x] (//evil.example/a.png)"),
    "an address in brackets": ("<https://evil.example>", "«https[:]//evil.example»"),
    "an address": ("https://app.example.test/", "https[:]//app.example.test/"),
    "a script": ("<script>alert(1)</script>", "«script»alert(1)«/script»"),
    "an attribute": ('"><img src=x onerror=a>', '"»«img src=x onerror=a»'),
    "a comment": ("<!--x", "«!--x"),
    "code": ("a`b``c", "a'b''c"),
    "a fence": ("```\n# x", "'''�# x"),
    "an entity": ("&lt;!channel&gt;", "&lt;!channel&gt;"),
    "emphasis": ("**x** _y_ ~z~", "**x** _y_ ~z~"),
}  # fmt: skip
_LOOK_ALIKE = str.maketrans({"«": "\u2039", "»": "\u203a", "§": "\uff20"})
each_name = pytest.mark.parametrize(
    ("name", "left"),
    [(name, left.translate(_LOOK_ALIKE)) for name, left in HOSTILE.values()],
    ids=HOSTILE,
)


def made(name: str) -> Message:
    """Return a message in which every field that another system may have written is the name."""
    return message(digest(event(resource=name, target=name, text=f"Seen: {name}", control=name)))


@each_name
def test_a_plain_body_shows_what_is_left(name: str, left: str) -> None:
    assert shown(name, 1000).strip() == left
    body = made(name).text
    assert f"\n  Seen: {left}\n" in body
    assert len(body.splitlines()) == len(made("x").text.splitlines())


@each_name
def test_no_body_has_what_a_chat_or_a_mail_client_obeys(name: str, left: str) -> None:
    told = made(name)
    for text in told:
        assert not re.search(r"[<>\x00-\x09\x0b-\x1f\u2028\u202e]|://|\]\(", text)
        assert not re.search(r"(?i)(?<!\w)@\w|@(?:here|channel|everyone|all)\b", text)


@each_name
def test_markdown_shows_names_as_text(name: str, left: str) -> None:
    """By CommonMark, with tags and bare addresses let through: nothing comes of a name."""
    body = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(made(name).markdown)
    tags: list[str] = []
    seen: list[str] = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.append(tag)

        def handle_data(self, data: str) -> None:
            seen.append(data)

    reader = Reader()
    reader.feed(body)
    reader.close()
    assert set(tags) <= {"p", "strong", "ul", "li", "code"}
    assert (tags.count("ul"), tags.count("li")) == (1, 1)
    assert " ".join(left.split()) in " ".join("".join(seen).split())


@each_name
def test_a_program_gets_the_name_itself(name: str, left: str) -> None:
    night = digest(event(resource=name))
    body = json.dumps(document(night, message(night)))
    assert body.isascii()
    assert json.loads(body)["events"][0]["resource"] == name


def test_a_long_name_is_cut_before_it_is_looked_through() -> None:
    assert shown("<" * 10_000, 3) == "\u2039\u2039\u2039… (9,997 more characters)"


def test_a_scope_with_a_line_in_it_gives_a_title_of_one_line() -> None:
    title = message(digest(event(), scope="a\nSubject: <b>")).title
    assert title.splitlines() == ["troth (a�Subject: \u2039b\u203a): 1 newly broken (acme 4.2)"]
