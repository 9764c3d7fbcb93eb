"""What brings the system up on a machine: the embedded stack, the gateway, the broker's rules."""
