"""What stored texts hold: card numbers, identifiers, passwords; whoever it was that read them."""
