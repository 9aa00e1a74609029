"""Alembic finds its environment and the steps here."""
