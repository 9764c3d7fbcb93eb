"""What the escalation's capabilities show, one module each."""
