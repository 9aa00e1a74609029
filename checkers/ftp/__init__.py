"""FTP endpoints: what they say before anybody signs in, in the clear and inside TLS.

* ``ask``: the conversations.
* ``facts``: what follows from them; pure.
* ``checker``: the checker itself.
"""
