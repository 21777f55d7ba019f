"""Strongroom SDK."""
