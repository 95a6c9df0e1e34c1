"""What miner and validator daemons have in common: where settings come from, the command, listening.

Knows no daemon in particular. Importing this package imports nothing heavy; its modules need pydantic and aiohttp.
"""
