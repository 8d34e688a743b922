"""meterbench: reference_meter."""

METERBENCH = "reference_meter"  # start-up check that no other distribution shadows this package
