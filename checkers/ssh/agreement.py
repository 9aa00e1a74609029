"""What is spoken with a server: a choice from its lists (RFC 4253 section 7.1), and its keys."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from troth.checker import Reason
from troth.checkers.ssh import ciphers, exchange, hostkeys, kexinit
from troth.checkers.ssh.answers import Stop
from troth.checkers.ssh.codecs import Codec
from troth.checkers.ssh.hostkeys import Slot
from troth.checkers.ssh.kexinit import Lists

#: Without compression, or with one that begins only after signing in.
_UNPACKED = ("none", "zlib@openssh.com")
#: A cipher and its MAC, which is empty where the cipher has its own; or one name a direction.
_Pair = tuple[str, str]


def method(theirs: Lists) -> str:
    """Return the key exchange method; raises Stop if none of the server's can be spoken."""
    found = _first(exchange.METHODS, theirs.methods)
    if not found:
        raise Stop(Reason.NOT_SUPPORTED, "no key exchange method in common")
    return found


def slot(theirs: Lists, name: str) -> Slot:
    """Return the key of that name, or the first if it is empty; raises Stop if there is none."""
    for each in hostkeys.slots(theirs.host_keys):
        if name in ("", each.name):
            return each
    if name:
        raise Stop(Reason.UNPROVEN, f"the server does not offer its {name} key any more")
    raise Stop(Reason.NOT_SUPPORTED, "no host key algorithm in common")


@dataclass(frozen=True)
class Transport:
    """The encryption of what is sent and of what comes, and the compression of both."""

    up: _Pair
    down: _Pair
    compression: _Pair

    @classmethod
    def of(cls, theirs: Lists) -> Transport | None:
        """Return what can be spoken with a server, None if there is nothing."""
        up, down = map(_pair, theirs.ciphers, theirs.macs)
        packed, unpacked = (_first(_UNPACKED, names) for names in theirs.compression)
        if not up or not down or not packed or not unpacked:
            return None
        return cls(up, down, (packed, unpacked))

    def sealer(self, derive: ciphers.Derive) -> Codec:
        """Return the codec of what is sent to the server."""
        return ciphers.codec(*self.up, derive, "ACE", sealing=True)

    def opener(self, derive: ciphers.Derive) -> Codec:
        """Return the codec of what the server sends."""
        return ciphers.codec(*self.down, derive, "BDF", sealing=False)


def offer(theirs: Lists, algorithm: str, transport: Transport | None) -> Lists:
    """Return our lists for one host key algorithm; raises Stop if there is no method.

    A connection that ends with the host key never encrypts, and has no transport. It takes the
    server's own ciphers, so that one with nothing but unheard-of ciphers still shows its key.
    """
    chosen = method(theirs)
    if transport is None:
        return kexinit.write(chosen, algorithm, theirs.ciphers, theirs.macs, theirs.compression)
    (up, mac_up), (down, mac_down) = transport.up, transport.down
    # Beside a cipher with a MAC of its own the list of MACs means nothing, but must not be empty.
    macs = ((mac_up,) if mac_up else theirs.macs[0], (mac_down,) if mac_down else theirs.macs[1])
    packed, unpacked = transport.compression
    return kexinit.write(chosen, algorithm, ((up,), (down,)), macs, ((packed,), (unpacked,)))


def guessed_wrong(ours: Lists, theirs: Lists) -> bool:
    """Tell whether the server's next packet belongs to an exchange that was not agreed on."""
    chosen = (ours.key_exchange[0], ours.host_keys[0])
    return theirs.guessed and chosen != (theirs.key_exchange[0], theirs.host_keys[0])


def derivation(of: exchange.Method, secret: bytes, hashed: bytes) -> ciphers.Derive:
    """Return the source of keys (RFC 4253 section 7.2); the first hash is the session's id too."""

    def derive(letter: str, size: int) -> bytes:
        made = of.digest(secret + hashed + letter.encode("ascii") + hashed)
        while len(made) < size:
            made += of.digest(secret + hashed + made)
        return made[:size]

    return derive


def _pair(offered_ciphers: Collection[str], macs: Collection[str]) -> _Pair | None:
    mac = _first(ciphers.MACS, macs)
    for cipher in ciphers.CIPHERS:
        if cipher in offered_ciphers and (mac or not ciphers.needs_mac(cipher)):
            return (cipher, mac if ciphers.needs_mac(cipher) else "")
    return None


def _first(wished: Collection[str], theirs: Collection[str]) -> str:
    return next((name for name in wished if name in theirs), "")
