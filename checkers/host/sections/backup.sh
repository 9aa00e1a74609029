# Names, sizes, times and the two ends of backup files; of packed ones whether they are whole.
each backup_folders folder
each backup_patterns status
each backup_patterns head_of 1024
each backup_patterns tail_of 4096
each backup_patterns packed_of
