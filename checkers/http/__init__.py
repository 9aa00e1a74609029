"""Web addresses, asked through httpx as anybody may ask, without credentials and without memory.

The layers, each of which can be used without the ones below it in this list:

* ``urls``, ``pages``: what the target names, and where troth may therefore connect.
* ``exchange``: one request and what came of it, as a value; ``body``: its bytes, within bounds.
* ``markup``, ``text``: what of an HTML page a visitor reads; linear in time whatever it is.
* ``transport_security``, ``cookies``, ``headers``, ``feeds``, ``incidents``: one format each; pure.
* ``facts``: what follows from the exchanges; pure.
* ``client``: the one module that knows httpx; one connection per request.
* ``inquiry``: in which order an address is asked, what is asked again, where redirects may lead.
* ``checker``: the checker itself.

Certificates are not a condition: a site with an expired one still has a status and headers, and
who may be trusted is what the tls checkers tell. Therefore nothing that is worth stealing is ever
sent: no credentials, no cookies, no form data.
"""
