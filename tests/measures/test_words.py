from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import item, measured, population
from troth.model import Reason

WORDS = st.frozensets(st.sampled_from(["RC4", "MD5", "CAMELLIA", "IDEA"]))


@given(WORDS)
def test_a_word_that_no_rule_looks_for_is_never_settled(words: frozenset[str]) -> None:
    args = {"words": sorted(words), "known": ["MD5", "RC4"]}
    made = measured("known-words", population([item("a"), item("b")]), args)
    assert set(made) == {"a", "b"}
    strange = words - {"MD5", "RC4"}
    for one in made.values():
        if not strange:
            assert one.facts == {"strange": False}
        else:
            failure = one.missing["strange"]
            assert failure.reason is Reason.NOT_SUPPORTED
            assert all(word in failure.message for word in strange)
