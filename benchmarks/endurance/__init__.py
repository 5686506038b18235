"""Half an hour of mixed traffic on a whole system, whose parts are killed in the middle: `make load`."""
