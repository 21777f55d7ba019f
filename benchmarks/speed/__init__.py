"""How fast the vault is, each figure beside a yardstick measured in the same run on the same records."""
