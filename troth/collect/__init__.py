"""Observe: make the planned calls, compute the facets, write what was seen; failures are data."""
