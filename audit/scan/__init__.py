"""What is known against what we depend on, against our own Python, and against what was ever committed: `make scan`."""
