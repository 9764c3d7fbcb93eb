"""The benchmarks: ratios within one interleaved run, on a machine that others use too."""
