"""What stands behind the addresses: items, writing, files, signing, who is in charge, silent units, settings."""
