"""What the registry's capabilities show, one module each."""
