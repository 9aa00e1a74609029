from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, measured, population, unread
from tests.measures.populations import item as row
from troth.measures import Item, Measured
from troth.model import Failure, Reason

REGISTER = "register.staff"
SYSTEMS, LOGINS, KEYS = ["aws:1", "host:web"], ["ann", "bob", "eve"], ["k1", "k2", "k3"]
Account = tuple[str, str, str, str, str, frozenset[str]]
Person = tuple[str, list[str]]

ACCOUNTS = st.lists(
    st.tuples(
        st.sampled_from(SYSTEMS),
        st.sampled_from(LOGINS),
        st.sampled_from(["human", "human", "service", "root"]),
        st.sampled_from(["enabled", "enabled", "disabled"]),
        st.sampled_from(["ordinary", "admin"]),
        st.frozensets(st.sampled_from(KEYS), max_size=2),
    ),
    max_size=6,
    unique_by=lambda one: one[:2],
)
STAFF = st.lists(
    st.tuples(
        st.sampled_from(["active", "leave", "ended"]),
        st.lists(st.sampled_from([f"{s}:{n}" for s in SYSTEMS for n in LOGINS]), unique=True),
    ),
    max_size=4,
)


def account(one: Account) -> Item:
    system, login, kind, state, role, keys = one
    identity = {"type": kind, "state": state, "role": role, "system": system, "login": login}
    fingerprints = {"items": sorted(keys), "complete": True}
    return Item(
        f"{system}:{login}", {"identity": identity, "public_keys": {"fingerprints": fingerprints}}
    )


def staff(people: list[Person]) -> list[Item]:
    return [
        row(f"s-{at}", person_id=f"p-{at}", start_date="2020-01-01", end_date=None,
            status=status, accounts=accounts)
        for at, (status, accounts) in enumerate(people)
    ]  # fmt: skip


def judged(
    accounts: list[Item],
    people: list[Item],
    cut: Failure | None = None,
    staff_cut: Failure | None = None,
) -> dict[str, Measured]:
    return measured(
        "account-owners",
        population(accounts, cut),
        {"limit": 1},
        {REGISTER: population(people, staff_cut)},
    )


def owners(one: Account, people: list[Person]) -> set[int]:
    key = f"{one[0]}:{one[1]}"
    return {at for at, (status, keys) in enumerate(people) if status != "ended" and key in keys}


def ordinary(one: Account) -> bool:
    return one[2:5] == ("human", "enabled", "ordinary")


@given(ACCOUNTS, STAFF)
def test_counts_by_thought(accounts: list[Account], people: list[Person]) -> None:
    found = judged([account(one) for one in accounts], staff(people))
    for one in accounts:
        facts = found[f"{one[0]}:{one[1]}"].facts
        mine = owners(one, people)
        assert facts["owners"] == len(mine)
        per_owner = [
            sum(
                ordinary(two) and two[0] == one[0] and who in owners(two, people)
                for two in accounts
            )
            for who in mine
        ]
        assert facts["surplus"] == (max([0, *(n - 1 for n in per_owner)]) if ordinary(one) else 0)
        clashes = [
            two
            for two in accounts
            if two != one and one[3] == two[3] == "enabled" and one[5] & two[5]
            and (two[0] == one[0] or owners(two, people) != mine)
        ]  # fmt: skip
        assert facts["key_conflicts"] == len(clashes)


@given(ACCOUNTS, STAFF)
def test_half_a_staff_register_accuses_and_clears_nobody(
    accounts: list[Account], people: list[Person]
) -> None:
    items, whole = [account(one) for one in accounts], staff(people)
    found = judged(items, [*whole, unread("s-x")])
    for one in accounts:
        made = found[f"{one[0]}:{one[1]}"]
        assert made.facts.get("owners", 2) > 1
        assert not ordinary(one) or made.facts.get("surplus", 1) > 0
        mine = owners(one, people)
        shared = [
            (two[0] == one[0], mine and owners(two, people), owners(two, people) != mine)
            for two in accounts
            if two != one and one[3] == two[3] == "enabled" and one[5] & two[5]
        ]
        sure = sum(1 for same, both, differ in shared if same or (both and differ))
        if sure or all(same or both for same, both, _ in shared):
            assert made.facts["key_conflicts"] == sure
        else:
            assert "key_conflicts" in made.missing
    assert found == judged(items, whole, staff_cut=unread("s-x").missing["row"])


@given(ACCOUNTS, STAFF)
def test_half_a_list_of_accounts_clears_nobody(
    accounts: list[Account], people: list[Person]
) -> None:
    items = [account(one) for one in accounts]
    found, whole = judged(items, staff(people), cut=CUT), judged(items, staff(people))
    for one in accounts:
        made = found[f"{one[0]}:{one[1]}"]
        assert made.facts.get("key_conflicts", 1) > 0
        assert made.facts["owners"] == whole[f"{one[0]}:{one[1]}"].facts["owners"]


def test_keys_that_were_not_read_cost_one_unknown_only() -> None:
    good = account(("aws:1", "ann", "human", "enabled", "ordinary", frozenset({"k1"})))
    shut = account(("aws:1", "bob", "human", "enabled", "ordinary", frozenset()))
    refused = Failure(Reason.PERMISSION_DENIED, "refused", "iam:ListSSHPublicKeys")
    shut = Item(shut.id, {"identity": shut.facts["identity"]}, {"public_keys": refused})
    found = judged([good, shut], staff([("active", ["aws:1:ann"]), ("active", ["aws:1:bob"])]))
    assert found[good.id].facts == {"owners": 1, "surplus": 0, "key_conflicts": 0}
    assert found[shut.id].missing == {"key_conflicts": refused}


def test_half_a_list_of_keys_still_shows_a_conflict() -> None:
    one = account(("aws:1", "ann", "human", "enabled", "ordinary", frozenset({"k1"})))
    two = account(("aws:1", "bob", "human", "enabled", "ordinary", frozenset({"k1"})))
    half = Item(two.id, {**two.facts, "public_keys": {"fingerprints": {"items": ["k1"]}}})
    found = judged([one, half], staff([]))
    assert found[one.id].facts["key_conflicts"] == 1
    assert found[half.id].facts["key_conflicts"] == 1
