"""TLS endpoints, asked with hand-made hellos so that the answers do not depend on local OpenSSL.

The layers, each of which can be used without the ones below it in this list:

* ``suites``, ``questions``: what can be asked; tables, no logic to speak of.
* ``answers``: what can come back, as the evidence records it.
* ``wire``, ``hello``, ``keys``, ``dialogue``: one handshake up to the end of the server's flight,
  bytes in and bytes out, no sockets.
* ``probe``: in which order an endpoint is asked, and when it is asked again.
* ``facts``, ``certificates``, ``trust``: what follows from the recorded answers; pure.
* ``net``: sockets and the clock of one probe. An asyncio version can take its place.
* ``endpoints``, ``stores``, ``selfcheck``, ``checker``: configuration, trust anchors, the proof
  that the prober can ask at all, and the checker itself.
"""
