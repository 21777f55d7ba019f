"""The kinds of place a repository can be in; each passes tests/contract/backup."""
