"""The blocking side of the SDK: made from `_aio` by clients/python/make_sync.py, but for `calls.py`."""
