"""What of Lakeweir runs inside Spark's driver."""

# The package that this runner belongs to: one of another version is refused.
RUNNER = "0.9.1"

# The version of plans and answers.
CONTRACT = 1
