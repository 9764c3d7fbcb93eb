"""What notify sends through, out of the house."""
