"""The repositories of the ports, written once for both engines against `storage.session`."""
