"""meterbench: bench."""

METERBENCH = "bench"  # start-up check that no other distribution shadows this package
