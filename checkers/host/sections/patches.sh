# What was upgraded and when, what is installed by itself, and until when the release is kept up.
file /etc/localtime
file /var/log/apt/history.log*
run_first rpm -qa --last
file /lib/apk/db/installed
tail_of 1048576 /var/log/unattended-upgrades/unattended-upgrades.log
file /etc/apt/apt.conf.d/* /etc/dnf/automatic.conf
status /usr/bin/unattended-upgrade /etc/systemd/system/timers.target.wants/dnf*automatic*.timer
file /usr/share/distro-info/debian.csv /usr/share/distro-info/ubuntu.csv
file /var/lib/ubuntu-advantage/status.json
