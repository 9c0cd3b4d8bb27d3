"""The rings of tests that break things for real: kills under load, full disks, clocks and tampered files."""
