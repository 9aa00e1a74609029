# Which directories people come from. A join may lie in these files beside a password.
plain_of /etc/sssd/sssd.conf /etc/nslcd.conf /etc/samba/smb.conf
