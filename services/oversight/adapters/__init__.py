"""What comes in from agencies' systems, as they write it."""
