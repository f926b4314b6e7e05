"""What all benchmarks share: data, machine, tables, reports."""
