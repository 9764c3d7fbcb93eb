"""Facts of the registry, one file a group of capabilities."""
