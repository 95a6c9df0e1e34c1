"""Transactions for a network of full nodes, and what they do to it."""
