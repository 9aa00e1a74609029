"""Checkers of Google Cloud; read only, credentials from Google's own default chain."""
