"""TCP ports: which of them answer, and what is spoken where one does.

``asked`` knows which hosts and ports a target names, ``scan`` finds out whether they answer,
``questions`` are the harmless ones that some services answer to anybody, ``speech`` listens and
asks. ``checker`` puts them together.
"""
