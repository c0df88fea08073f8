"""This machine: loopback ports, and small files of the state folder."""
