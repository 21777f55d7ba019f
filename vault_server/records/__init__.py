"""The data dictionary: what the API's own field options say about records, turned into checks, indexes, masks and columns.

Nothing here does I/O. Everything is compiled once, at construction, from the proto options; a field that is added to a
proto is validated, masked, indexed and offered to purposes without a line of code here.
"""
