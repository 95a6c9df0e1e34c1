"""Disputes, off chain: what is computed about an answer, and what a party or a member of a committee does next.

`agent` has pure functions; `judging` replays models; `player` plays a key's part on a chain.
"""
