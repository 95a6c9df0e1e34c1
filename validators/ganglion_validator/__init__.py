"""The validator daemon: a gateway for users, audits of what miners answer, and weights on chain.

``gateway`` faces users, ``dispatch`` faces miners, ``audits`` judges a secret sample, ``rounds`` loads all
miners at once, ``scoring`` and ``weights`` are pure, ``store`` remembers, ``committer`` speaks to the chain.
"""
