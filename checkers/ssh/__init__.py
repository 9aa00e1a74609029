"""SSH endpoints, asked with a transport of our own that stops before anybody signs in.

The layers, each of which can be used without the ones below it in this list:

* ``wire``, ``greeting``, ``kexinit``: what the bytes of RFC 4251 and 4253 mean; no sockets.
* ``groups``, ``exchange``, ``hostkeys``: key exchange, and the proof that the server holds its key.
* ``codecs``, ``ciphers``, ``packets``: binary packets, in clear and encrypted.
* ``agreement``: what is spoken with a server.
* ``dialogue``: the client's side of one connection, bytes in and bytes out.
* ``answers``, ``facts``: what one connection showed, and what follows from up to three; pure.
* ``probe``, ``checker``: sockets and clocks, and the checker itself.
"""
