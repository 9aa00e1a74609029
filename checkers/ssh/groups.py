"""The finite-field groups that SSH names, from the formula by which they were chosen.

RFC 2409 section 6.2 and RFC 3526 give for n bits:
``p = 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * pi) + k)``, generator 2.
"""

from __future__ import annotations

import functools

#: The smallest ``k`` that makes ``p`` a safe prime, by the bits of the group.
_STEPS = {
    1024: 129_093,
    2048: 124_476,
    3072: 1_690_314,
    4096: 240_904,
    6144: 929_484,
    8192: 4_743_158,
}

GENERATOR = 2


@functools.cache
def prime(bits: int) -> int:
    """Return the prime of the group with so many bits: 1024, 2048, 3072, 4096, 6144 or 8192."""
    middle = (_pi(bits - 130) + _STEPS[bits]) << 64
    return (1 << bits) - (1 << (bits - 64)) - 1 + middle


def _pi(bits: int) -> int:
    """Return pi times 2 to the power of ``bits``, rounded down (Machin's formula)."""
    one = 1 << (bits + 64)
    return (16 * _arctangent(5, one) - 4 * _arctangent(239, one)) >> 64


def _arctangent(inverse: int, one: int) -> int:
    """Return the arc tangent of ``1/inverse`` in units of ``1/one``."""
    power = one // inverse
    total, divisor, sign = 0, 1, 1
    while power:
        total += sign * (power // divisor)
        power //= inverse * inverse
        divisor, sign = divisor + 2, -sign
    return total
