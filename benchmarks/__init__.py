"""Comparisons and loads that are too long for tests. Their figures go to reports/benchmarks."""
