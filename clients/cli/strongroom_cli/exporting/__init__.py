"""From a read session to a file that other programs open."""
