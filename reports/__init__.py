"""meterbench: reports."""

METERBENCH = "reports"  # start-up check that no other distribution shadows this package
