"""Judging: rules over recorded facts at a stated time. Pure: no I/O, no clock, no randomness."""
