"""The read API and its indexer: what the registries' logs say, in a database that can be dropped and built anew."""
