"""What stands behind the addresses: the items, writing, their files, signing, who is in charge."""
