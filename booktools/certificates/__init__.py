"""Certificates: each step of a derivation as a statement in Rocq, with a script that proves it."""
