"""The product as processes: what runs, where, since when, and whether the machine is fit."""
