"""The arithmetic of service levels: outages, exclusions, availability over a period; no I/O."""
