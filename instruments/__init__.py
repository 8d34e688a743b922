"""meterbench: instruments."""

METERBENCH = "instruments"  # start-up check that no other distribution shadows this package
