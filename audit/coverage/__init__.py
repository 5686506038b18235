"""Coverage of the contracts' sources, from traces of a real chain and of the in-process EVM."""
