"""Checkers: plug-ins that list resources and observe facts, one family of places to look each."""
