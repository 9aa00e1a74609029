run lsblk -J -b -o NAME,KNAME,PATH,TYPE,FSTYPE,MAJ:MIN
run dmsetup table --target crypt
file /sys/class/dmi/id/sys_vendor
