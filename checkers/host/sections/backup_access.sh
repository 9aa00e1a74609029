# Who may enter the folders of backups: their status, of the folders above them too, and their lists.
each backup_places status
each backup_above status
each backup_places run getfacl -pn --skip-base
