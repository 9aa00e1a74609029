"""Whether a parameter names only what the rules of its control look for."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, measure
from troth.model import Failure, Reason


@measure("known-words", per="resource", args=("words", "known"), yields=("strange",))
def known_words(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``strange`` per resource: none of ``words`` lies outside ``known``.

    A word that no rule looks for is not-supported: it must not pass because nobody asked.
    """
    strange = sorted(set(inputs.args["words"]) - set(inputs.args["known"]))
    known = ", ".join(inputs.args["known"])
    text = f"nothing looks for {', '.join(strange)}; there is: {known}"
    for item in inputs.population.items:
        if strange:
            failure = Failure(Reason.NOT_SUPPORTED, text)
            yield Measured({}, {"strange": failure}, resource=item.id)
        else:
            yield Measured({"strange": False}, resource=item.id)
