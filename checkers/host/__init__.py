"""Checkers of the Linux machine that troth runs on, or of a file tree taken from one.

Everything is read: files below ``root``, and a few commands of the system that only report.
"""
