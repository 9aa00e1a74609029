file /etc/pam.d/* /etc/security/*.conf /etc/security/pwquality.conf.d/*.conf /etc/passwdqc.conf
