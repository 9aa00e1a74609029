file /etc/exports /etc/exports.d/*.exports
status /etc/samba/smb.conf
