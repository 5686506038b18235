"""The demo: a story told on a local chain, everything it shows read back from there."""
