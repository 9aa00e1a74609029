"""In which order an endpoint is asked, and when it is asked again.

Every group of questions ends with a control: the hello that the endpoint accepted at first is
put once more. Whether the control succeeded, and what that means, is judged in ``facts``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.questions import OPENERS, Offer, Question

#: How often a close is asked again before it may count as a refusal.
REPEATS = 2

#: Puts an offer within so many seconds.
Ask = Callable[[Offer, float], Answer]


class Budget:
    """The seconds that all questions to one endpoint may take together; safe between threads."""

    def __init__(self, seconds: float) -> None:
        """Start with the whole amount."""
        self._left = seconds
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        with self._lock:
            return self._left

    def spend(self, seconds: float) -> None:
        """Take seconds away."""
        with self._lock:
            self._left -= seconds


class Inquiry:
    """Puts offers to one endpoint, each within its time, and keeps the answers in order."""

    def __init__(self, ask: Ask, budget: Budget, timeout: float) -> None:
        """``timeout`` is the most seconds for one offer."""
        self._ask = ask
        self._budget = budget
        self._timeout = timeout
        self.answers: list[Answer] = []

    def put(self, offer: Offer, *, last: bool = False) -> Answer:
        """Return the answer to an offer.

        A question leaves the time of one more offer unspent, so that the control, which is the
        ``last``, can still be put.
        """
        left = self._budget.left
        if left <= (0 if last else self._timeout):
            answer = Answer(offer.name, Kind.SKIPPED, text="the endpoint's time was spent")
        else:
            answer = self._ask(offer, min(self._timeout, left))
            self._budget.spend(answer.milliseconds / 1000)
        self.answers.append(answer)
        return answer


def open_endpoint(inquiry: Inquiry) -> Answer:
    """Look for a hello that the endpoint accepts; the last answer tells what came of it.

    A peer that cannot be connected to, does not answer or does not speak TLS is left alone at
    once.
    """
    for offer in OPENERS:
        answer = inquiry.put(offer, last=True)
        if answer.kind is Kind.CLOSED:
            answer = inquiry.put(offer, last=True)
        if not (answer.firm or answer.vague):
            break
    return answer


def examine(inquiry: Inquiry, questions: Iterable[Question], control: Offer) -> Sequence[Answer]:
    """Put every question, repeat what was answered by hanging up, and close with the control."""
    open_offers = []
    for question in questions:
        answers = _first_yes(inquiry, question)
        if not any(answer.yes for answer in answers.values()):
            open_offers += [offer for offer in question.offers if answers[offer.name].vague]
    for offer in open_offers:
        # Right after a control and in a row: what hangs up on every n-th connection, or when it
        # is asked too fast, does not hang up on these alone.
        if not inquiry.put(control).yes:
            break
        for _ in range(REPEATS):
            inquiry.put(offer)
    inquiry.put(control, last=True)
    return inquiry.answers


def _first_yes(inquiry: Inquiry, question: Question) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for offer in question.offers:
        answers[offer.name] = inquiry.put(offer)
        if answers[offer.name].yes:
            break
    return answers
