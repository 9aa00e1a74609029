"""The checker of SMTP endpoints: what each offers, how TLS begins, which addresses it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from troth.checker import Facts, ObservationFailed, Reason, Resource, call, facet
from troth.checkers.smtp import ask, facts, recipients
from troth.checkers.smtp.ask import Opening, Protection
from troth.checkers.smtp.recipients import Asked, Wanted
from troth.checkers.spoken.endpoints import CONNECT
from troth.checkers.spoken.endpoints import Endpoints as Base

#: A name that nobody has (RFC 2606): what a server makes of it does not depend on the machine.
_NAME = "troth.invalid"
#: A mailbox in ASCII as it stands between angle brackets; no blanks, so no quoted strings.
_MAILBOX = "^[!-;=?A-~]{1,64}@[!-;=?A-~]{1,255}$"


class Endpoints(Base):
    """SMTP endpoints named in troth.yaml or in a file; no message is ever sent.

    A server that says nothing and accepts a TLS hello speaks TLS from the first byte. Everything
    is asked of the address that the first connection reached.

    What is not seen: what changes with a sign-in, and what the server offers to others only. It
    may answer by who asks: refusals of an address may be meant for the network that troth runs in.
    """

    id = "smtp.endpoint"
    kind = "smtp-endpoint"
    target_type = "smtp"
    scheme = "smtp"
    every_line = True
    options: ClassVar[Mapping[str, Any]] = {
        **Base.options,
        "recipients": {
            "type": "array",
            "items": {"type": "string", "pattern": _MAILBOX},
            "maxItems": 100,
            "description": "own addresses; each server is asked whether it takes them",
        },
        "sender": {
            "type": "string",
            "pattern": f"^$|{_MAILBOX}",
            "default": "",
            "description": "sender of the mail that is never sent; default: none, as for notices",
        },
        "helo": {
            "type": "string",
            "pattern": "^[A-Za-z0-9.:\\[\\]-]{1,255}$",
            "default": _NAME,
            "description": "name given in EHLO; one that resolves, if the servers look it up",
        },
    }

    @call("smtp:Greeting", actions=CONNECT, per="resource")
    def opening(self, resource: Resource) -> Opening:
        """Return the greeting and the answer to EHLO; raise where there is no greeting."""
        return self.run(ask.opening(self.caller(resource), self._name))

    @call("smtp:Protection", actions=CONNECT, per="resource")
    def protection_answers(self, resource: Resource) -> Protection:
        """Return what is answered to STARTTLS, or to plain words where TLS comes first."""
        begun: Opening = self.read("opening", resource)
        caller = self.caller(resource).at(begun.peer)
        return self.run(ask.protection(caller, self._name, begun.implicit))

    @call("smtp:Recipients", actions=CONNECT, per="resource")
    def recipient_answers(self, resource: Resource) -> Asked:
        """Return what is answered to each recipient; raise where none is configured."""
        addresses = list(dict.fromkeys(self.target.get("recipients", ())))
        if not addresses:
            text = f"target {self.target['id']} names no recipients"
            raise ObservationFailed(Reason.NO_DATA, text)
        begun: Opening = self.read("opening", resource)
        wanted = Wanted(self._name, self.target.get("sender", ""), addresses)
        caller = self.caller(resource).at(begun.peer)
        return self.run(recipients.ask(caller, wanted, begun.implicit))

    @facet("greeting", uses=["opening"])
    def greeting(self, resource: Resource, opening: Opening) -> Facts:
        """Compute what the server says first."""
        return facts.greeting(opening)

    @facet("protection", uses=["opening", "protection_answers"])
    def protection(self, resource: Resource, opening: Opening, answers: Protection) -> Facts:
        """Compute whether the connection can be protected."""
        return facts.protection(opening, answers)

    @facet("recipients", uses=["recipient_answers"])
    def recipients(self, resource: Resource, answers: Asked) -> Facts:
        """Compute which of the target's own addresses are taken."""
        return facts.recipients(answers)

    @property
    def _name(self) -> str:
        return str(self.target.get("helo", _NAME))
