"""What the command lines of the deployment scripts share."""
