"""Whether somebody looked from every place that a promise speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.model import Failure, Reason


@measure(
    "looked-from", per="population", args=("which", "field", "wanted"), yields=("lacking",),
    on_empty=True,
)  # fmt: skip
def looked_from(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``lacking``: no value of ``wanted`` that the fact ``field`` has at no resource.

    Only resources whose facts have the values of ``which`` (``facet.fact`` to value) count. Where
    one of ``wanted`` is not there, ``lacking`` is missing: nobody looked from there.
    """
    failure, seen = inputs.population.failure, set()
    for item in inputs.population.items:
        try:
            if all(item.get(path) == value for path, value in inputs.args["which"].items()):
                seen.add(item.get(inputs.args["field"]))
        except MissingFact as signal:
            failure = failure or signal.failure
    lacking = sorted(set(inputs.args["wanted"]) - seen)
    if lacking:
        where = " and ".join(f"{path} {value}" for path, value in inputs.args["which"].items())
        text = f"nothing with {where} was looked at with {inputs.args['field']} {lacking[0]}"
        yield Measured({}, {"lacking": failure or Failure(Reason.UNPROVEN, text)})
    else:
        yield Measured({"lacking": []})
