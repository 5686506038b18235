"""What the registries cost: a fixed workload, measured from the receipts of a real chain, against a budget."""
