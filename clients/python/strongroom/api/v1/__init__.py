"""Generated stubs of the Strongroom API; see protos/generate.py."""
