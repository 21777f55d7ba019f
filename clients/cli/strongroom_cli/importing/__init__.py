"""From a file that another system wrote to rows that the vault takes."""
