"""Facts of notify, one file a group of capabilities."""
