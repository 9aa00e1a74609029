"""Whether a statement of today is about a document, and has the words that were promised."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.attested import current, words
from troth.measures.base import Inputs, Item, Measured, measure
from troth.model import Failure, Reason


@measure("signed-document", per="population", args=("words",), yields=("current",), on_empty=True)
def signed_document(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``current``: True when a statement of today names a document and all ``words``.

    The document is named by its ``document_sha256``; words are found in any case of letters.
    Without such a statement ``current`` is missing: that nobody signed is no proof that the
    promise is broken.
    """
    signed, failure = current(inputs)
    lacks = [_lacking(item, inputs.args["words"]) for item in signed]
    for item, lacking in zip(signed, lacks, strict=True):
        if not lacking:
            digest = item.get("statement.document_sha256")
            yield Measured({"current": True}, notes=(f"{words(item)}: document {digest}",))
            return
    if lacks:
        least = min(lacks, key=len)
        text = f"no signed statement has all that is promised; lacking: {', '.join(least)}"
        failure = Failure(Reason.NOT_ATTESTED, f"{text}; have one signed that has")
    yield Measured({}, {"current": failure})


def _lacking(item: Item, wanted: list[str]) -> list[str]:
    said = str(item.get("statement.statement")).casefold()
    lacking = [word for word in wanted if word.casefold() not in said]
    return lacking + ([] if item.get("statement.document_sha256") else ["the document's digest"])
