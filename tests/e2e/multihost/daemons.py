"""Miners and a validator on hosts of their own: the programs that operators run, settings from the environment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from ganglion import Client
from ganglion.devnet.plan import NETUID, DevnetOptions, Participant, Plan
from ganglion.devnet.provision import provision
from ganglion.devnet.watch import Watcher

from .namespaces import Host
from .network import Network
from .node import CHAIN, RPC_PORT

API_KEY = "multihost-tests-only"
MINER_PORT = 8091
GATEWAY_PORT = 8080
PROGRAMS = Path(sys.executable).parent
READY_SECONDS = 90
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
# Four nodes and three daemons share the machine's cores: the validator asks less often than by default.
CALM = {"ROUND_INTERVAL": "15", "ROUND_WINDOW": "1", "ROUND_MAX_CONCURRENCY": "4", "BACKGROUND_INTERVAL": "4"}


@dataclass
class Daemon:
    """A miner or validator.

    Attributes:
        participant: keys and role.
    """

    participant: Participant
    host: Host
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def url(self) -> str:
        """Where this process reaches it, whatever is cut."""
        port = GATEWAY_PORT if self.participant.role == "validator" else MINER_PORT
        return f"http://{self.host.control}:{port}"

    def ready(self) -> bool:
        """Whether it says that it works."""
        assert self.process.poll() is None, (
            f"{self.participant.name} ended:\n{self.log_file.read_text()[-3000:]}"
        )
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return False


class Daemons:
    """All of one subnet, started and provisioned.

    Attributes:
        plan: who takes part, as a devnet's.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        names = {"validator-1": "validator", "miner-1": "miner", "miner-2": "miner"}
        people = [
            Participant(name, role, GATEWAY_PORT if role == "validator" else MINER_PORT)
            for name, role in names.items()
        ]
        folder = network.folder / "daemons"
        self.plan = Plan(DevnetOptions(folder), RPC_PORT, tuple(people[:1]), tuple(people[1:]))
        self._urls = ",".join(node.inner_url for node in network.nodes.values())
        self.daemons = {person.name: self._start(person) for person in people}

    def _start(self, person: Participant) -> Daemon:
        host = self.network.switch.add(person.name)
        data = self.plan.data(person.name)
        data.mkdir(parents=True)
        log = data.with_suffix(".log")
        program = "ganglion-validator" if person.role == "validator" else "ganglion-miner"
        env = os.environ | ONE_THREAD | self._settings(person, host, data)
        with log.open("wb") as out:
            process = subprocess.Popen(
                host.command(PROGRAMS / program), env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        return Daemon(person, host, process, log)

    def _settings(self, person: Participant, host: Host, data: Path) -> dict[str, str]:
        common = {
            "NETWORK": CHAIN,
            "RPC": self._urls,
            "NETUID": str(NETUID),
            "HOTKEY": person.hotkey_uri,
            "DATA_DIR": str(data),
        }
        if person.role == "validator":
            keys = data / "api-keys"
            keys.write_text(API_KEY + "\n")
            keys.chmod(0o600)
            own = CALM | {"GATEWAY_HOST": "0.0.0.0", "API_KEYS_FILE": str(keys)}
            return {f"GANGLION_VALIDATOR_{name}": value for name, value in (common | own).items()}
        own = {"HOST": "0.0.0.0", "ADVERTISE_IP": host.address, "METAGRAPH_INTERVAL": "2"}
        return {f"GANGLION_MINER_{name}": value for name, value in (common | own).items()}

    async def provision(self) -> None:
        """Fund, create the subnet, register and stake, by transactions."""
        async with Client(next(iter(self.network.nodes.values())).url) as client:
            await provision(client, self.plan, lambda text: None)

    def wait_ready(self) -> None:
        """All of them work."""
        for name, daemon in self.daemons.items():
            self.network.wait(
                f"{name} is ready\n{daemon.log_file.read_text()[-2000:]}", daemon.ready, READY_SECONDS
            )

    def watcher(self, client: Client) -> Watcher:
        """Reads the chain for what the subnet promises."""
        began = time.monotonic()
        return Watcher(client, self.plan, lambda: time.monotonic() - began, lambda text: None)
