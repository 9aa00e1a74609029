# Of each password only whether it is locked, and its scheme.
accounts_of /etc/shadow
