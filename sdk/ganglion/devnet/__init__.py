"""The whole network on one machine: a chain, validators with gateways, miners (one of them dishonest), a user.

``plan`` says what to start, ``fleet`` starts and restarts processes, ``provision`` registers everybody on the
chain, ``watch`` follows the chain until the promises are kept, ``up`` puts them together. Nothing here is used by
a real network: miners and validators started here are the same daemons that operators run.
"""
