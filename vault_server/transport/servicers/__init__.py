"""One servicer a service: decode, call one use case, encode. Method names are those of the API."""
