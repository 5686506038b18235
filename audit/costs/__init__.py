"""What deployment and typical use cost in ETH and USD, at stated assumptions."""
