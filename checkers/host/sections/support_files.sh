# Names and times of the files that customers sent to support.
each support_folders walk 4
