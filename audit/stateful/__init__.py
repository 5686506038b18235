"""The deep course: a million calls of random histories, played by the executable model and by the contracts."""
