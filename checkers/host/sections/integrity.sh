# Whether programs are what their makers made: the report of AIDE, and sources of packages.
status /var/log/aide/aide.log /var/log/aide.log
tail_of 1048576 /var/log/aide/aide.log /var/log/aide.log
file /etc/apt/sources.list /etc/apt/apt.conf /etc/dnf/dnf.conf /etc/yum.conf
folder /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/yum.repos.d
file /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources /etc/apt/apt.conf.d/* /etc/yum.repos.d/*.repo
