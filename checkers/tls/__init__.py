"""TLS endpoints, asked with hand-made hellos so that the answers do not depend on local OpenSSL.

The layers, each of which can be used without the ones below it in this list:

* ``suites``, ``questions``: what can be asked; tables, no logic to speak of.
* ``answers``: what can come back, as the evidence records it.
* ``wire``, ``hello``, ``keys``, ``greeting``, ``dialogue``: one handshake up to the end of the
  server's flight, bytes in and bytes out, no sockets.
* ``preamble``, ``starttls``, ``starttls_binary``: what is spoken before TLS begins; no sockets.
* ``seen``, ``examination``: what answers say, and what is asked next; pure.
* ``evidence``, ``facts``, ``certificates``, ``trust``, ``staples``: what follows from the recorded
  answers; pure.
* ``hail``, ``net``, ``probe``: a hello on an open stream, on a connection of its own, and all of an
  endpoint's inside its clock.
* ``stores``, ``selfcheck``, ``checker``: trust anchors, the proof that the prober can ask at all,
  and the checker itself.
"""
