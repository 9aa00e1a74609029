# What file systems encrypt by themselves, and where memory is swapped to.
file /proc/swaps
run zfs get -H -t filesystem -o name,value encryption
each crypt_paths run fscrypt status
