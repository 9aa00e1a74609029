"""What earlier runs found: one store for many nights, and what changed between two of them."""
