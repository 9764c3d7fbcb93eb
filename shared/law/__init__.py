"""The law on time, places, states and numbers; pure, but for `tables` and `reactions`."""
