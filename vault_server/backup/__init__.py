"""Backs the vault up into a repository of immutable signed objects, proves it, and restores it. Formats in docs/formats.md."""
