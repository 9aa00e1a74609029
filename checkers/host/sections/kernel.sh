# The running kernel, those installed, and the start of the machine.
run uname -r
status /boot/vmlinuz-* /run/reboot-required /run/reboot-needed
folder /lib/modules /usr/lib/modules
file /proc/stat
