"""A small local web page over the history: read-only, rendered here, no script in the browser."""
