# Who can sign in, without what a password is checked against.
accounts_of /etc/passwd /etc/group
file /etc/nsswitch.conf
