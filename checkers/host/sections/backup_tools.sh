# What restic, borg, pgBackRest and Barman keep; the target names the commands.
each backup_repositories run
