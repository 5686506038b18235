"""Static analysis with a gate: every finding of every severity is mended or explained, and every explanation is used.

analyser -> findings -> triage (the file, comments in the source) -> verdict -> JSON, SARIF
"""
