"""Adapters to Inspect. Nothing else in the package imports inspect_ai."""
