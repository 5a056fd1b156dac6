"""Support desk of Larkspur Home Energy."""
