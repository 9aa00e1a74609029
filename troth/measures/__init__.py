"""Measures: named pure functions for whatever counts, joins populations or spans a window.

A measure gets populations and a stated time and yields measured facts; the rules of the control
then judge those. It knows no threshold but through its arguments, does no I/O and reads no clock.
"""

from troth.measures.base import (
    Inputs,
    Item,
    Measure,
    Measured,
    MissingFact,
    Population,
    measure,
    registry,
)

__all__ = [
    "Inputs",
    "Item",
    "Measure",
    "Measured",
    "MissingFact",
    "Population",
    "measure",
    "registry",
]
