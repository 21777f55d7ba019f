"""gRPC: decode, call one use case, encode. Nothing here decides."""
