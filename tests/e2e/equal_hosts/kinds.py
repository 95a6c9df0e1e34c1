"""Random transactions by kind. Each function draws one: who signs, and which call. Many fail, each in its own way."""

from __future__ import annotations

from collections.abc import Callable

from ganglion.chain.calls import Call
from ganglion.keys import Keypair
from ganglion.pallets import commitments, identity, key_swap, neurons, staking, subnets, weights
from ganglion.pallets.endpoint import EndpointAddress, EndpointKey

from .accounts import Account
from .world import GNG, Secret, World

Drawn = tuple[Account, Call]
EVERYTHING = 2**128 - 1
SAFE = Keypair.from_uri("//equal//safe").ss58
MAX_WEIGHT = {"ref_time": 2 * 10**9, "proof_size": 200_000}


def transfer(world: World) -> Drawn:
    dest, dice = world.dice.choice(world.accounts).ss58, world.dice
    call = dice.choice(("transfer_keep_alive", "transfer_keep_alive", "transfer_allow_death"))
    return dice.choice(world.accounts), Call("Balances", call, {"dest": dest, "value": world.amount()})


def money(world: World) -> Drawn:
    signer, dice = world.coldkey(), world.dice
    args = {"keep_alive": dice.random() < 0.9, "value": world.amount()}
    if dice.random() < 0.7:
        return signer, Call("Balances", "burn", args)
    poor = world.coldkeys[-1]
    return poor, Call("Balances", "transfer_all", {"dest": signer.ss58, "keep_alive": dice.random() < 0.5})


def remark(world: World) -> Drawn:
    size = world.dice.choice((0, 1, 31, 32, 33, 63, 64, 500, 16_384))
    function = world.dice.choice(("remark", "remark_with_event"))
    return world.coldkey(), Call("System", function, {"remark": world.dice.randbytes(size)})


def register(world: World) -> Drawn:
    hotkey = world.hotkey()
    price = world.dice.choice((0, EVERYTHING, EVERYTHING, EVERYTHING))
    return world.owner_of(hotkey), neurons.register(world.netuid(), hotkey.ss58, price)


def serve(world: World) -> Drawn:
    dice, netuid = world.dice, world.netuid()
    ip = dice.choice(("203.0.113.9", "2001:db8::7", "127.0.0.1", "8.8.8.8", "2606:4700::1111"))
    keys = tuple(EndpointKey("Tls", dice.randbytes(dice.randrange(129))) for _ in range(dice.randrange(3)))
    endpoint = EndpointAddress.of(ip, 1 + dice.randrange(65_535), dice.randrange(2), keys)
    return world.neuron(netuid), neurons.serve(netuid, endpoint)


def add_stake(world: World) -> Drawn:
    netuid = world.netuid()
    return world.coldkey(), staking.add_stake(world.neuron(netuid).ss58, netuid, world.amount())


def remove_stake(world: World) -> Drawn:
    dice = world.dice
    amount = dice.choice((EVERYTHING, dice.randrange(5 * GNG), world.amount()))
    if world.positions and dice.random() < 0.8:
        owner, held = dice.choice(world.positions)
        return owner, staking.remove_stake(held["hotkey"], held["netuid"], amount)
    netuid = world.netuid()
    return world.coldkey(), staking.remove_stake(world.neuron(netuid).ss58, netuid, amount)


def withdraw(world: World) -> Drawn:
    dice = world.dice
    unbonding = [(owner, held) for owner, held in world.positions if held["unbonding"]]
    if unbonding and dice.random() < 0.9:
        owner, held = dice.choice(unbonding)
        return owner, staking.withdraw_unbonded(
            held["hotkey"], held["netuid"], dice.choice(held["unbonding"])[0]
        )
    netuid, epoch = world.netuid(), dice.randrange(2 + world.height // 5)
    return world.coldkey(), staking.withdraw_unbonded(world.neuron(netuid).ss58, netuid, epoch)


def take(world: World) -> Drawn:
    hotkey = world.hotkey()
    return world.owner_of(hotkey), staking.set_take(hotkey.ss58, world.dice.randrange(20_000))


def _row(world: World, netuid: int) -> tuple[list[int], list[int]]:
    dice = world.dice
    uids = [uid for uid in range(max(1, len(world.neurons.get(netuid, ())))) if dice.random() < 0.8]
    if dice.random() < 0.1:
        uids.append(20 + dice.randrange(280))
    return uids, [dice.randrange(65_536) for _ in uids]


def set_weights(world: World) -> Drawn:
    netuid = world.netuid()
    uids, values = _row(world, netuid)
    return world.validator(netuid), weights.set_weights(netuid, uids, values, world.dice.choice((0, 0, 0, 9)))


def commit(world: World) -> Drawn:
    netuid, dice = world.dice.choice((1, 1, 1, 1, 2)), world.dice
    uids, values = _row(world, netuid)
    author, salt = world.validator(netuid), dice.randbytes(32)
    world.secrets.append(Secret(author, netuid, uids, values, salt))
    hashed = weights.commitment(world.genesis, author.ss58, netuid, 0, uids, values, salt, 0)
    return author, weights.commit(netuid, hashed)


def reveal(world: World) -> Drawn:
    if not world.secrets:
        return commit(world)
    secret = world.dice.choice(world.secrets[-60:])
    values = secret.values if world.dice.random() < 0.9 else [0 for _ in secret.values]
    return secret.author, weights.reveal(secret.netuid, secret.uids, values, secret.salt)


def create(world: World) -> Drawn:
    return world.coldkey(), subnets.create(world.hotkey().ss58, world.dice.choice((0, EVERYTHING)))


def hyperparameters(world: World) -> Drawn:
    dice = world.dice
    changes = dice.choice(
        (
            {"commit_reveal_on": dice.random() < 0.6},
            {"immunity_period": dice.randrange(20)},
            {"weights_rate_limit": dice.randrange(3)},
            {"yuma3_on": dice.random() < 0.5, "liquid_alpha_on": dice.random() < 0.5},
            {"max_allowed_uids": 1 + dice.randrange(16)},
            {"bonds_moving_average": dice.randrange(1_000_001)},
            {"tempo": dice.choice((0, 5, 6, 7, 9))},
        )
    )
    return world.coldkeys[dice.randrange(4)], subnets.set_hyperparameters(world.netuid(), changes)


def owner(world: World) -> Drawn:
    """What owners do now and then, by owners and by others."""
    dice, netuid = world.dice, world.netuid()
    said = subnets.SubnetIdentity("Serves models \u2713", url=dice.choice(("https://example.org", "ftp://x")))
    call = dice.choice(
        (
            subnets.start(netuid),
            subnets.set_name(netuid, dice.choice(("", "one", "two", "Bad")), dice.choice(("", "ONE"))),
            subnets.set_identity(netuid, dice.choice((None, said))),
            subnets.trigger_epoch(netuid),
            subnets.set_owner_hotkey(netuid, world.hotkey().ss58),
        )
    )
    return world.coldkeys[dice.randrange(4)], call


def root(world: World) -> Drawn:
    """By sudo's key, or by one who has not."""
    dice, netuid = world.dice, world.netuid()
    someone, other = world.coldkey().ss58, world.coldkey().ss58
    group = b"equal" + bytes([dice.randrange(3)])  # no pallet's keys begin so
    item = [group + dice.randbytes(14), dice.randbytes(dice.choice((0, 31, 32, 33, 200)))]
    call = dice.choice(
        (
            subnets.activate(netuid),
            subnets.deactivate(2),
            subnets.dissolve(3 + dice.randrange(3)),  # what was created by chance
            subnets.set_hyperparameters(netuid, {"tempo": dice.choice((5, 7))}),
            Call("Balances", "force_transfer", {"source": someone, "dest": other, "value": world.amount()}),
            Call("Balances", "force_set_balance", {"who": world.coldkeys[-1].ss58, "new_free": 50 * GNG}),
            Call("System", "set_storage", {"items": [item]}),
            Call("System", "kill_storage", {"keys": [item[0]]}),
            Call("System", "kill_prefix", {"prefix": group, "subkeys": 10}),
            Call("System", "set_heap_pages", {"pages": dice.choice((2048, 3000, 4096))}),
            Call("System", "remark", {"remark": b"root"}),
            Call(
                "Utility",
                "dispatch_as",
                {"as_origin": {"system": {"Signed": someone}}, "call": plain(world)[1]},
            ),
        )
    )
    form = dice.random()
    signer = world.alice if dice.random() < 0.9 else world.coldkey()
    if form < 0.7:
        return signer, Call("Sudo", "sudo", {"call": call})
    if form < 0.85:
        return signer, Call("Sudo", "sudo_unchecked_weight", {"call": call, "weight": MAX_WEIGHT})
    return signer, Call("Sudo", "sudo_as", {"who": someone, "call": plain(world)[1]})


def keys(world: World) -> Drawn:
    """Exchanged hotkeys, announced and disputed coldkeys, what neurons and coldkeys publish, fewer slots."""
    dice, netuid = world.dice, world.netuid()
    old, neuron, poor = world.neuron(netuid), world.neuron(netuid), world.coldkeys[-1]
    field = dice.choice(
        (commitments.Field.text("x" * dice.randrange(513)), commitments.Field("Sha3", bytes(32)))
    )
    return dice.choice(
        (
            (
                world.owner_of(old),
                key_swap.swap_hotkey(old.ss58, world.hotkey().ss58, dice.choice((None, netuid))),
            ),
            (neuron, commitments.set_commitment(netuid, [field] * dice.randrange(4))),
            (neuron, commitments.set_commitment(netuid, [field])),
            (neuron, neurons.reset_bonds(netuid)),
            (world.coldkeys[dice.randrange(4)], neurons.trim(netuid, 1 + dice.randrange(16))),
            (world.coldkey(), identity.set_identity({"display": "\u2713" * dice.randrange(11)})),
            (world.coldkey(), identity.clear_identity()),
            (poor, key_swap.announce_coldkey_swap(key_swap.coldkey_hash(SAFE))),
            (poor, key_swap.dispute_coldkey_swap()),
            (world.coldkey(), key_swap.cancel_coldkey_swap(poor.ss58)),
            (world.coldkey(), key_swap.swap_coldkey(poor.ss58, SAFE)),
            (world.alice, Call("Balances", "transfer_keep_alive", {"dest": SAFE, "value": GNG})),
        )
    )


def batch(world: World) -> Drawn:
    inner = [plain(world) for _ in range(world.dice.randrange(6))]
    signer = inner[0][0] if inner else world.coldkey()
    function = world.dice.choice(("batch", "batch_all", "force_batch"))
    return signer, Call("Utility", function, {"calls": [call for _, call in inner]})


def utility(world: World) -> Drawn:
    signer, call = plain(world)
    index = world.dice.randrange(3)
    return world.dice.choice(
        (
            (signer, Call("Utility", "as_derivative", {"index": index, "call": call})),
            (signer, Call("Utility", "if_else", {"main": call, "fallback": plain(world)[1]})),
            (signer, Call("Utility", "with_weight", {"call": call, "weight": MAX_WEIGHT})),
        )
    )


def proxy(world: World) -> Drawn:
    dice, real, delegate = world.dice, world.coldkey(), world.coldkey()
    kind = dice.choice(("Any", "Any", "NonTransfer", "Staking", "Weights", "Registration", "SmallTransfer"))
    roll = dice.random()
    if roll < 0.25 or not world.proxies:
        world.proxies.append((real, delegate, kind))
        args = {"delegate": delegate.ss58, "proxy_type": kind, "delay": dice.choice((0, 0, 0, 2))}
        return real, Call("Proxy", "add_proxy", args)
    real, delegate, kind = dice.choice(world.proxies[-12:])
    if roll < 0.8:
        call = {"real": real.ss58, "force_proxy_type": dice.choice((None, kind)), "call": plain(world)[1]}
        return delegate, Call("Proxy", "proxy", call)
    if roll < 0.9:
        args = {"delegate": delegate.ss58, "proxy_type": kind, "delay": 0}
        return real, Call("Proxy", "remove_proxy", args)
    return dice.choice(
        (
            (
                real,
                Call("Proxy", "create_pure", {"proxy_type": kind, "delay": 0, "index": dice.randrange(3)}),
            ),
            (delegate, Call("Proxy", "announce", {"real": real.ss58, "call_hash": dice.randbytes(32)})),
            (real, Call("Proxy", "remove_proxies", {})),
        )
    )


def plain(world: World) -> Drawn:
    """A call without calls inside."""
    return world.dice.choice((transfer, transfer, remark, add_stake, register, take, set_weights, serve))(
        world
    )


KINDS: dict[Callable[[World], Drawn], int] = {
    transfer: 14,
    money: 3,
    owner: 5,
    remark: 4,
    register: 8,
    serve: 5,
    add_stake: 10,
    remove_stake: 7,
    withdraw: 7,
    take: 3,
    set_weights: 7,
    commit: 9,
    reveal: 9,
    create: 1,
    hyperparameters: 4,
    keys: 8,
    root: 7,
    batch: 6,
    utility: 4,
    proxy: 7,
}


def draw(world: World) -> Drawn:
    """One transaction of any kind."""
    return world.dice.choices(list(KINDS), list(KINDS.values()))[0](world)
