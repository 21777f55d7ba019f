"""The asyncio side of the SDK, written by hand; `_sync` is made from it by clients/python/make_sync.py."""
