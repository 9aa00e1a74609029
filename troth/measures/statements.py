"""What a signed statement says: the words in it, and which text of a page it speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.attested import current, words
from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told
from troth.measures.pages import named
from troth.model import Failure, Reason


@measure("signed-words", per="population", args=("words",), yields=("current",), on_empty=True)
def signed_words(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``current``: True when a statement of today that covers the clause has all ``words``.

    Words are found in any case of letters. Without such a statement ``current`` is missing: that
    nobody signed is no proof that the promise is broken.
    """
    signed, failure = current(inputs)
    lacking = [_lacking(item, inputs.args["words"]) for item in signed]
    for item, missing in zip(signed, lacking, strict=True):
        if not missing:
            yield Measured({"current": True}, notes=(words(item),))
            return
    if signed:
        least = min(lacking, key=len)
        text = f"no signed statement names all that is promised; lacking: {', '.join(least)}"
        failure = Failure(Reason.NOT_ATTESTED, text)
    yield Measured({}, {"current": failure})


def _lacking(item: Item, wanted: list[str]) -> list[str]:
    said = str(item.get("statement.statement")).casefold()
    return [word for word in wanted if word.casefold() not in said]


@measure("attested-text", per="population", args=("topic",), yields=("same",), on_empty=True)
def attested_text(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``same``: True when a statement of today speaks of the text that is published.

    It does where its ``document_sha256`` is the digest of a page named for ``topic``, or where it
    has one of the texts that the target names for the page, which is there and holds a digit: a
    version or a date. Otherwise ``same`` is missing: what was signed may be an older text.
    """
    signed, failure = current(inputs)
    pages, gap = named(inputs.needs["http-endpoint"], inputs.args["topic"])
    if not pages and gap is None:
        gap = nothing(f"no web address is named for {inputs.args['topic']}")
    for page in pages:
        try:
            why = _other(page, signed, failure)
        except MissingFact as signal:
            why = signal.failure
        gap = gap or why
    yield told({"same": gap or True})


def _other(page: Item, signed: list[Item], failure: Failure) -> Failure | None:
    """Return why no statement is known to speak of the text on a page."""
    if not signed:
        return failure
    digest = page.get("page.digest").removeprefix("sha256:")
    marks = [
        each["text"].casefold()
        for each in page.items("page.texts")
        if each["found"] and any(sign.isdigit() for sign in each["text"])
    ]
    for item in signed:
        said = str(item.get("statement.statement")).casefold()
        document = item.get("statement.document_sha256") or ""
        if document.removeprefix("sha256:") == digest or any(mark in said for mark in marks):
            return None
    text = f"no statement names the version of {page.id}, by its digest or a text with its date"
    return Failure(Reason.NOT_ATTESTED, text)
