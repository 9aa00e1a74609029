# Radios and disks that can be carried away.
status /.dockerenv /run/.containerenv
folder /sys/class/net /sys/class/ieee80211 /sys/class/bluetooth /sys/class/rfkill
status /sys/class/ieee80211 /sys/class/bluetooth /sys/class/net/*/wireless /sys/class/net/*/phy80211
status /sys/class/rfkill/*/type
file /sys/class/rfkill/*/type
folder /sys/block
status /sys/block/*/removable
file /sys/block/*/removable
status /dev/disk/by-id
folder /dev/disk/by-id
status /sys/module/usb_storage
folder /etc/modprobe.d /run/modprobe.d /usr/lib/modprobe.d /lib/modprobe.d
file /etc/modprobe.d/*.conf /run/modprobe.d/*.conf /usr/lib/modprobe.d/*.conf /lib/modprobe.d/*.conf
folder /lib/modules
status /lib/modules/*/kernel/drivers/usb/storage/usb-storage.ko*
