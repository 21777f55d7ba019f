"""Keys and envelopes: the only package that touches the `cryptography` library. Byte layouts are in docs/formats.md."""
