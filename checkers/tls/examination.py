"""In which order an endpoint is asked, each question chosen by the answers so far; no I/O.

What an answer implies (and so need not be asked):

* A server answers a hello with the highest version that both speak (RFC 5246 appendix E.1). So a
  hello of every suite up to a version, answered with an older one, excludes those between; and
  refused with an alert, it excludes all that it offers. Hanging up excludes its highest only.
* The suite that a server chose belongs to sets; each of them is accepted.
* A hello of several sets that is refused refuses each of them. So all sets of TLS 1.2 and older
  are asked at once, then what the answer left open, until one hello is refused.
* Unless a server hangs up, or says that it is in trouble: it may have chosen a suite of a finite
  field and found that it has no prime for it. Then those are asked for in a hello of their own,
  and in every other hello they come last.
* TLS 1.3 chooses the certificate by signature algorithm and the older versions by suite; a family
  that was shown, or a version that is not spoken, needs no question.
* Broken suites may be void in a newer version: they are asked again at the lowest version spoken,
  if TLS 1.2 and older have several.
* TLS 1.3 over a group that this prober has no arithmetic for asks for another hello; that is a yes
  without a certificate. It is asked for only where the full hello was not accepted: the version is
  chosen before the group, and who finds no common group must end the handshake, not go on in an
  older version (RFC 8446 section 4.1.1).

A hello that was hung up on is believed for the time being. When everything was asked, each such
hello is put again, twice in a row: what hangs up on every n-th connection does not hang up on
these alone. Something must have been granted between, so that no short trouble explains them all,
and right before one of the three, so that it is not the answer to whom was just refused; where
neither has come about, a control does it. An alert that may be a passing trouble must come twice.
One control, the hello that was accepted first, closes everything.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.certificates import shown_in_tls13
from troth.checkers.tls.questions import (
    BROKEN_UP_TO,
    BY_FAMILY,
    BY_STRENGTH,
    FINITE,
    FULL,
    MODERN,
    OPENERS,
    RUNGS,
    SETS,
    SSL3,
    TLS11,
    TLS12,
    TLS13,
    Offer,
    codes,
    elsewhere,
    older,
)
from troth.checkers.tls.seen import REPEATS, SoFar
from troth.checkers.tls.suites import BY_CODE, OLDER

#: Broken suites are named one by one until an endpoint was connected to so often in all.
MOST_CONNECTIONS = 10


@dataclass(frozen=True)
class Ask:
    """The next hello; what is ``closing`` may take the time that others must leave to it."""

    offer: Offer
    closing: bool = False


Script = Generator[Ask, Answer, None]
_Put = Generator[Ask, Answer, Answer]


class _Unsteady(Exception):
    """The control was refused in the middle: nothing that is asked now would prove anything."""


class Examination:
    """One endpoint's questions; send each answer to :meth:`script` and it asks the next.

    ``seen`` is what the answers so far say, ``named`` the broken suites that explain a fact.
    """

    def __init__(self) -> None:
        """Start with nothing asked."""
        self.control: Offer | None = None
        self.seen = SoFar("", ())
        self._hung_up: dict[str, Offer] = {}
        self.named: list[int] = []

    def script(self) -> Script:
        """Yield hellos until enough is known; then what was seen ends with the control."""
        yield from self._open()
        if self.control is None:
            return
        try:
            # First, so that what is granted later stands between two alerts of old versions.
            yield from self._rung(TLS11)
            yield from self._modern()
            yield from self._older_sets()
            yield from self._strengths()
            yield from self._rungs()
            yield from self._lowest()
            yield from self._again()
        except _Unsteady:
            pass
        self._keep((yield Ask(self.control, closing=True)))
        yield from self._names()

    def _open(self) -> Script:
        """Look for a hello that is accepted; who cannot be talked to is left alone at once."""
        for offer in OPENERS:
            for _ in range(2):
                answer = yield Ask(offer, closing=True)
                self._keep(answer)
                if answer.kind is not Kind.CLOSED:
                    break
            if answer.yes:
                self.control = offer
                self.seen = SoFar(offer.name, self.seen.answers)
            if not (answer.firm or answer.vague):
                return

    def _put(self, offer: Offer) -> _Put:
        """Ask, and ask again what may be a refusal but was not said in so many words."""
        answer = yield from self._ask(offer)
        if not answer.vague or self.control is None:
            return answer
        if answer.passing:
            if offer in RUNGS.values():  # the next such hello may say it again
                return answer
            yield from self._recovered(offer)
            return (yield from self._ask(offer))
        self._hung_up[offer.name] = offer
        return answer

    def _again(self) -> Script:
        """Put what was hung up on again, twice in a row, and a control before where one is due."""
        for offer in self._hung_up.values():
            if self.control and not (
                self.seen.clean(offer.name) and self.seen.well_since(offer.name)
            ):
                yield from self._controlled(self.control)
            for _ in range(REPEATS):
                answer = yield from self._ask(offer)
                if not answer.vague:
                    break

    def _recovered(self, offer: Offer) -> Script:
        """See a yes after a trouble: one that has passed by then is no word about the offer."""
        if self.control and not self.seen.well_since(offer.name):
            yield from self._controlled(self.control)

    def _controlled(self, control: Offer) -> Script:
        answer = yield from self._ask(control)
        if not answer.yes:
            raise _Unsteady

    def _ask(self, offer: Offer) -> _Put:
        answer = yield Ask(offer)
        self._keep(answer)
        return answer

    def _keep(self, answer: Answer) -> None:
        self.seen = SoFar(self.seen.control, (*self.seen.answers, answer))

    def _modern(self) -> Script:
        """Ask about TLS 1.3: whether it is spoken at all, and the certificate not shown yet."""
        full = self.seen.to(FULL.name)
        if not any(answer.yes for answer in full):
            if not any(answer.firm for answer in full):
                yield from self._put(MODERN)
            if TLS13 not in self.seen.spoken:
                yield from self._put(elsewhere(MODERN))
        if self.seen.by_usual_groups:
            for family, offer in BY_FAMILY.items():
                if family not in shown_in_tls13(self.seen):
                    yield from self._put(offer)

    def _older_sets(self) -> Script:
        """Ask about the suites of TLS 1.2 and older, all sets that are open at once."""
        apart = any(answer.vague for answer in self.seen.answers)
        if apart and FINITE in self._open_sets():
            yield from self._put(older(frozenset([FINITE])))
        spared = shown_in_tls13(self.seen)  # most servers show the same family in both
        lost = {FINITE} if apart else set[str]()
        while names := frozenset(self._open_sets() - spared - lost):
            spared = set()
            lost |= yield from self._sets(names)
            yield from self._rung(TLS12)

    def _sets(self, names: frozenset[str]) -> Generator[Ask, Answer, frozenset[str]]:
        """Ask for sets at once; return those of which no hello of all of them will tell more."""
        offer = older(names, finite=FINITE not in names and self._chosen(FINITE))
        if FINITE in names and names != {FINITE}:
            answer = yield from self._ask(offer)
            if answer.vague:
                yield from self._put(older(frozenset([FINITE])))
                return frozenset([FINITE])
        else:
            answer = yield from self._put(offer)
        if answer.yes and answer.version < TLS12:
            yield from self._rung(TLS12)
        if not answer.yes and self.seen.doubt(offer.name):
            # Some boxes swallow a hello that names broken suites, as all sets but one do.
            return names - {"256"} or names
        # After a yes to 256 bits below TLS 1.2, nothing can be said.
        return frozenset() if answer.yes and not names <= self._open_sets() else names

    def _open_sets(self) -> set[str]:
        seen = self.seen
        return {name for name in SETS if not self._chosen(name) and seen.set_doubt(name)}

    def _chosen(self, name: str) -> bool:
        return self.seen.chose(SETS[name], TLS12 if name == "256" else SSL3)

    def _strengths(self) -> Script:
        """Ask TLS 1.3 for the strength that no answer has shown yet."""
        seen = self.seen
        if TLS13 not in seen.spoken:
            return
        for name, offer in BY_STRENGTH.items():
            fitting = offer if seen.by_usual_groups else elsewhere(offer)
            if not self._chosen(name) and not self.seen.to(fitting.name):
                yield from self._put(fitting)

    def _rungs(self) -> Script:
        """Go down the versions until one hello excludes all that are left."""
        for version in RUNGS:
            yield from self._rung(version)
            if not any(map(self._open_version, RUNGS)):
                break
            last = self.seen.to(RUNGS[version].name)[-1:]
            if last and not (last[0].yes or last[0].firm or last[0].vague):
                break  # a hello of an older version would end no better
        for version, offer in RUNGS.items():
            answers = self.seen.to(offer.name)
            if len(answers) == 1 and answers[0].passing and self._open_version(version):
                yield from self._recovered(offer)
                yield from self._ask(offer)

    def _open_version(self, version: int) -> bool:
        seen = self.seen
        return version not in seen.spoken and bool(seen.version_doubt(version))

    def _rung(self, version: int) -> Script:
        """Ask for every suite up to a version, unless it is known whether it is spoken."""
        if self._open_version(version) and not self.seen.to(RUNGS[version].name):
            yield from self._put(RUNGS[version])

    def _lowest(self) -> Script:
        spoken = [version for version in self.seen.spoken if version <= TLS12]
        if spoken and min(spoken) < max(spoken) and not self.seen.chose(SETS["broken"]):
            yield from self._put(BROKEN_UP_TO[min(spoken)])

    def _names(self) -> Script:
        """Name the broken suites one by one, where there are some; decides nothing."""
        accepted = [row for row in self.seen.accepted if BY_CODE[row.suite].weak]
        if not accepted:
            return
        answer = accepted[-1]
        versions = tuple(row for row in RUNGS if row <= answer.version)
        self.named.append(answer.suite)
        for _ in range(MOST_CONNECTIONS - len(self.seen.answers)):
            rest = (row for row in OLDER if row.weak and row.code not in self.named)
            answer = yield Ask(Offer("name-broken", versions, codes(rest)))
            if not answer.yes or answer.suite in self.named:
                break
            self.named.append(answer.suite)
