"""Evidence: a run as one sealed, signed file that others can verify without troth.

A bundle is a BagIt 1.0 bag (RFC 8493) whose tag manifest is what is signed. :mod:`pack` makes one
of a run folder, :mod:`verify` says whether one is whole and whose it is, and :mod:`unpack` makes
the run folder of it again, byte for byte. ``docs/evidence.md`` describes every file.
"""
