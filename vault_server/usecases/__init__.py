"""What the vault does, one verb each; knows ports, never adapters."""
