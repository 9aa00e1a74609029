"""What every endpoint checker shares: one event loop, two clocks, caps, and lists of endpoints.

The layers, each usable without the ones above it in this list:

* ``loop``: the event loop that all probes of a process run on; worker threads wait for it.
* ``stream``: a connection to one address inside a clock, within the caps.
* ``limits``: how many connections at once and how fast, overall and per host.
* ``clock``: the time of one probe inside the time of its endpoint.
* ``places``: which hosts and ports a target names, and nothing outside it.

Nothing here knows a protocol: those are sans-IO modules of the families that use this package.
"""
