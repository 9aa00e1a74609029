"""Checkers of database servers, as they see themselves from within: by product, over one family."""
