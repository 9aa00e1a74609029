# Which release of the system it is.
file /etc/os-release /usr/lib/os-release
