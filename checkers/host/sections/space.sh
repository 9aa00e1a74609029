# Sizes of file systems and disks, and the quotas of users.
each space_paths run df -kP
run lsblk -bnro MAJ:MIN,SIZE
status /proc/self/mountinfo
file /proc/self/mountinfo
each space_paths run repquota -u
each space_reports run xfs_quota -x -c
