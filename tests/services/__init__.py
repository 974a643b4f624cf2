"""Throwaway servers for the tests: found on the machine, started on a free port, gone at the end."""
