"""SMTP endpoints: what they offer, how TLS begins, and which of the target's addresses they take.

* ``ask``: the conversations; no message is ever sent.
* ``recipients``: the conversation about addresses.
* ``facts``: what follows from them; pure.
* ``checker``: the checker itself.
"""
