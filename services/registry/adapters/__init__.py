"""What the files of each kind say and load, one module a kind."""
