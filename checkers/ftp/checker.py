"""The checker of FTP endpoints: what each says before a sign-in, and how it can be protected."""

from __future__ import annotations

from troth.checker import Facts, Resource, call, facet
from troth.checkers.ftp import ask, facts
from troth.checkers.ftp.ask import Opening, Protection
from troth.checkers.spoken.endpoints import CONNECT
from troth.checkers.spoken.endpoints import Endpoints as Base


class Endpoints(Base):
    """FTP endpoints named in troth.yaml or in a file, asked before any sign-in.

    A server that says nothing and accepts a TLS hello speaks TLS from the first byte. Everything
    is asked of the address that the first connection reached.

    What is not seen: what changes with a sign-in, anonymous access (asking could grant it), the
    data connection itself, and Kerberos or other mechanisms than TLS.
    """

    id = "ftp.endpoint"
    kind = "ftp-endpoint"
    target_type = "ftp"
    scheme = "ftp"
    every_line = False

    @call("ftp:Greeting", actions=CONNECT, per="resource")
    def opening(self, resource: Resource) -> Opening:
        """Return the greeting and the answer to FEAT; raise where there is no greeting."""
        return self.run(ask.opening(self.caller(resource)))

    @call("ftp:Protection", actions=CONNECT, per="resource")
    def protection_answers(self, resource: Resource) -> Protection:
        """Return what is answered to AUTH, PROT and USER."""
        begun: Opening = self.read("opening", resource)
        return self.run(ask.protection(self.caller(resource).at(begun.peer), begun.implicit))

    @facet("greeting", uses=["opening"])
    def greeting(self, resource: Resource, opening: Opening) -> Facts:
        """Compute what the server says first."""
        return facts.greeting(opening)

    @facet("protection", uses=["opening", "protection_answers"])
    def protection(self, resource: Resource, opening: Opening, answers: Protection) -> Facts:
        """Compute whether the connection can be protected, and must be."""
        return facts.protection(opening.implicit, answers)
