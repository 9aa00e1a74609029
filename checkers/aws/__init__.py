"""Checkers for Amazon Web Services and whatever speaks its protocols."""
