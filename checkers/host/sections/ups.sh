# Uninterruptible power supplies.
run upsc -l
run upsc ups
run apcaccess status
