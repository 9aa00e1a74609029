"""Rules: CEL conditions, read and fenced when a control is loaded, run when it is judged."""
