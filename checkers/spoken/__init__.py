"""What FTP and SMTP have in common: commands in words, replies in codes, and TLS after a few.

The layers, each usable without the ones below it in this list; the replies themselves are read by
``troth.checkers.network.replies``:

* ``secured``: a stream inside TLS, spoken by the local OpenSSL.
* ``talk``: one command and one reply at a time, over a plain or a secured stream.
* ``caller``: conversations with one endpoint, and what it says to plain words where it takes TLS.
* ``endpoints``: the base of the checkers: options, listing, clocks.
"""
