"""What the notify's capabilities show, one module each."""
