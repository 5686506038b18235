"""The Python side of the registries: what scripts and tests share."""
