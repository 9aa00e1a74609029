"""What Acme, a third party, adds to troth; nothing in troth's own tree knows of it."""
