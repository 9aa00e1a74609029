# What is mounted where.
status /proc/self/mountinfo
file /proc/self/mountinfo
