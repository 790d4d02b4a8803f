"""Backups: what a database holds, whichever it is, in one archive that either kind is restored from."""
