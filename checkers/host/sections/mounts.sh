file /proc/self/mountinfo
