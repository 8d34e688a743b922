"""meterbench: suites."""

METERBENCH = "suites"  # start-up check that no other distribution shadows this package
