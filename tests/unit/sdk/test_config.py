"""Networks and settings: precedence, malformed values, no surprise sources."""

import pytest

from ganglion import Client
from ganglion.config import NETWORKS, NetworkConfig, config_home, load_settings
from ganglion.daemon.command import make_parser
from ganglion.daemon.settings import DaemonSettings
from ganglion.errors import ConfigError

GENESIS = "0x" + "5a" * 32


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANGLION_HOME", str(tmp_path))
    for name in ("NETWORK", "RPC", "WALLET", "HOTKEY", "GATEWAY"):
        monkeypatch.delenv(f"GANGLION_{name}", raising=False)
    return tmp_path


def test_only_networks_of_one_owner_dial_private_addresses():
    assert {name for name, one in NETWORKS.items() if one.allow_private_endpoints} == {
        "development",
        "local",
        "compose",
    }


def test_precedence_flag_environment_file_default(home, monkeypatch):
    assert load_settings().wallet == "default"
    (home / "config.toml").write_text('wallet = "file"\nrpc = ["ws://file:1"]\n')
    assert load_settings().wallet == "file"
    monkeypatch.setenv("GANGLION_WALLET", "environment")
    assert load_settings().wallet == "environment"
    assert load_settings(wallet="flag").wallet == "flag"
    assert load_settings(wallet=None).wallet == "environment"
    assert load_settings().network_config().rpc == ("ws://file:1",)


def test_several_nodes_in_the_environment(monkeypatch):
    monkeypatch.setenv("GANGLION_RPC", "ws://a:1, wss://b")
    assert load_settings().network_config().rpc == ("ws://a:1", "wss://b")


def test_flags_for_nodes_can_be_repeated_and_have_commas():
    assert load_settings(rpc=("ws://a:1", "ws://b:1,wss://c")).rpc == ("ws://a:1", "ws://b:1", "wss://c")
    parser = make_parser("daemon", "", DaemonSettings)
    flags = vars(parser.parse_args(["--rpc", "ws://a:1,ws://b:1", "--rpc", "ws://c:1", "--genesis", GENESIS]))
    settings = DaemonSettings.load({name: value for name, value in flags.items() if name != "config"})
    network = settings.network_config()
    assert network.rpc == ("ws://a:1", "ws://b:1", "ws://c:1") and network.genesis == GENESIS


def test_the_genesis_of_the_network(monkeypatch):
    assert load_settings().network_config().genesis is None
    monkeypatch.setenv("GANGLION_GENESIS", GENESIS)
    network = load_settings(rpc=("ws://a:1", "ws://b:1")).network_config()
    assert network.genesis == Client(network).rpc.nodes.genesis == GENESIS
    monkeypatch.setenv("GANGLION_GENESIS", "0x12")
    with pytest.raises(ConfigError, match="not a genesis hash"):
        load_settings()


def test_the_deadlines_between_nodes(monkeypatch):
    monkeypatch.setenv("GANGLION_SILENCE_TIMEOUT", "3")
    monkeypatch.setenv("GANGLION_STALE_TIMEOUT", "7")
    timeouts = load_settings().timeouts()
    assert (timeouts.silence, timeouts.stale, timeouts.finality) == (3.0, 7.0, 300.0)


@pytest.mark.parametrize("url", ["http://a", "ws://", "a", "ws://a:99999", "ws://a:0", "ws://[::1"])
def test_a_url_that_is_no_websocket_is_refused(url):
    with pytest.raises(ConfigError):
        load_settings(rpc=(url,))


def test_an_unknown_network_names_the_known_ones():
    with pytest.raises(ConfigError, match="unknown network 'finney'") as caught:
        load_settings(network="finney")
    assert "development" in caught.value.hint


def test_a_damaged_file_is_named(home):
    (home / "config.toml").write_text("wallet = [")
    with pytest.raises(ConfigError, match=r"config\.toml"):
        load_settings()


def test_an_unknown_setting_in_the_file_is_an_error(home):
    (home / "config.toml").write_text('walet = "x"\n')
    with pytest.raises(ConfigError, match="walet"):
        load_settings()


def test_a_dotenv_in_the_working_directory_is_ignored(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("GANGLION_WALLET=stranger\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings().wallet == "default"


def test_the_testnet_needs_a_node():
    with pytest.raises(ConfigError):
        NetworkConfig.testnet().require_rpc()
    assert NetworkConfig.testnet("wss://a").require_rpc() == ("wss://a",)


def test_home_follows_the_variable(home):
    assert config_home() == home
