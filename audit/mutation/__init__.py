"""Mutation testing: small faults are planted in the contracts, and each must make a test fail.

A mutant that no test notices is either a gap in the tests or no fault at all. The second kind is listed with the reason
in `equivalents.json`; anything else fails the campaign.
"""
