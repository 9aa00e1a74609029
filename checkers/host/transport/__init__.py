"""How a script gets to a machine's shell, and its answer back: one module for each way."""
