"""One runtime version as substrate-interface sees it: composing, signing, encoding, decoding.

``Runtime`` is a ``SubstrateInterface`` whose metadata is given and never refetched, and whose ``rpc_request``
is our transport. Everything the SDK itself uses runs without the network: keys, calls, payloads, values. The
rest of substrate-interface (``get_block`` and friends) works too, from a worker thread, where ``rpc_request``
can block.

scalecodec keeps the current registry on shared classes, so only one thread may encode or decode at a time:
every method here takes ``CODEC_LOCK``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from scalecodec.base import RuntimeConfigurationObject, ScaleBytes, ScaleType
from scalecodec.types import Compact, GenericCall, Tuple
from substrateinterface import SubstrateInterface
from substrateinterface.storage import StorageKey

from ganglion.chain.metadata import ApiMethod, lower
from ganglion.errors import DecodeError, UsageError
from ganglion.keys import Keypair

CODEC_LOCK = threading.RLock()
_HASH_LENGTH = {"Blake2_128Concat": 16, "Twox64Concat": 8, "Identity": 0}
RpcBridge = Callable[[str, Any], Any]

__all__ = ["CODEC_LOCK", "Runtime", "TypeRegistry"]


class TypeRegistry(RuntimeConfigurationObject):
    """scalecodec's registry, which otherwise makes a new class each time it meets ``Vec<T>``; here it
    remembers.
    """

    def __init__(self, ss58_format: int) -> None:
        self._made: dict[str, Any] = {}
        super().__init__(ss58_format=ss58_format)

    def get_decoder_class(self, type_string: str | dict) -> Any:
        """Class of a type, made at most once per name."""
        if not isinstance(type_string, str) or type_string[-1:] not in {">", ")", "]"}:
            return super().get_decoder_class(type_string)
        found = self._made.get(type_string)
        if found is None:
            found = super().get_decoder_class(type_string)
            if found is not None:
                self._made[type_string] = found
        return found

    def update_type_registry_types(self, types_dict: dict) -> None:
        """New types can change what a name means."""
        self._made.clear()
        super().update_type_registry_types(types_dict)
        self._made.clear()

    def clear_type_registry(self) -> None:
        """Forget everything."""
        self._made.clear()
        super().clear_type_registry()


class OneTuple(Tuple):
    """scalecodec's tuple, except that a struct with one unnamed field takes a list as that field's value.

    scalecodec takes a list for the tuple itself, so that a ``BoundedVec`` could not be encoded.
    """

    def process_encode(self, value: Any) -> ScaleBytes:
        """Encode; the value of the only field need not be wrapped."""
        if len(self.type_mapping) == 1 and not (isinstance(value, tuple) and len(value) == 1):
            value = (value,)
        return super().process_encode(value)


class CheckedCompact(Compact):
    """scalecodec's compact integer, which would encode numbers that its type can't hold."""

    def process_encode(self, value: Any) -> ScaleBytes:
        """Encode a number that fits the type."""
        if self.sub_type:
            self.runtime_config.create_scale_object(self.sub_type).encode(value)
        return super().process_encode(value)


class _BridgeTransport:
    """What SubstrateInterface calls a transport, answering through ours."""

    def __init__(self, bridge: RpcBridge) -> None:
        self._bridge = bridge

    def rpc_request(self, payload: dict, result_handler: Any = None) -> dict:
        if result_handler is not None:
            raise UsageError("subscriptions go through the client, not through substrate-interface")
        return {
            "jsonrpc": "2.0",
            "id": payload["id"],
            "result": self._bridge(payload["method"], payload["params"]),
        }

    def close(self) -> None:
        """The client owns the connection."""


class Runtime(SubstrateInterface):
    """Codec of one runtime version.

    Args:
        metadata: prefixed metadata, version 14 or 15.
        version: the node's state_getRuntimeVersion answer.
        genesis: genesis hash, 0x-hex.
        ss58_prefix: for addresses in decoded values.
        bridge: blocking JSON-RPC call ``(method, params) -> result``; used only by inherited methods.
        fallback_types: API types for metadata that has none (version 14), in scalecodec's form.
    """

    def __init__(
        self,
        metadata: bytes,
        version: dict[str, Any],
        genesis: str,
        *,
        ss58_prefix: int,
        bridge: RpcBridge,
        fallback_types: Mapping[str, Any] | None = None,
    ) -> None:
        lowered = lower(metadata)
        with CODEC_LOCK:
            super().__init__(
                url="http://localhost",
                ss58_format=ss58_prefix,
                auto_discover=False,
                runtime_config=TypeRegistry(ss58_prefix),
            )
            self.transport = _BridgeTransport(bridge)
            self.genesis = genesis
            self.apis = lowered.apis
            self.runtime_version = version["specVersion"]
            self.transaction_version = version["transactionVersion"]
            self.version_info = version
            self._block_hashes: dict[int, str] = {}
            self._load(lowered.v14, fallback_types or {})

    def _load(self, v14: bytes, fallback: Mapping[str, Any]) -> None:
        self.metadata = self.runtime_config.create_scale_object("MetadataVersioned", data=ScaleBytes(v14))
        self.metadata.decode()
        self.reload_type_registry(use_remote_preset=False, auto_discover=False)
        self.runtime_config.type_registry["types"] |= {"tuple": OneTuple, "compact": CheckedCompact}
        self.runtime_config.add_portable_registry(self.metadata)
        self.runtime_config.set_active_spec_version_id(self.runtime_version)
        self.runtime_config.update_type_registry_types({"Weight": "sp_weights::weight_v2::Weight"})
        self.config["is_weight_v2"] = True
        if not self.apis and "types" in fallback:
            self.runtime_config.update_type_registry_types(fallback["types"])
        apis = _api_definitions(self.apis) or fallback.get("runtime_api", {})
        self.runtime_config.type_registry["runtime_api"].update(apis)

    # -- what substrate-interface would ask the node for

    def init_runtime(self, block_hash: str | None = None, block_id: int | None = None) -> None:
        """Nothing to do: this object is one runtime version."""

    def supports_rpc_method(self, name: str) -> bool:
        """Our nodes answer all methods that substrate-interface knows; the deprecated aliases are not asked
        for.
        """
        return name not in {"state_getStorageAt", "chain_getHead"}

    def get_block_hash(self, block_id: int | None = None) -> str:
        """Hash by height, from what was given for the payload being signed, else from the node."""
        if block_id == 0:
            return self.genesis
        known = self._block_hashes.get(block_id) if block_id is not None else None
        return known or super().get_block_hash(block_id)

    # -- values

    def encode(self, type_string: str, value: Any) -> bytes:
        """SCALE bytes of a value.

        Raises:
            UsageError: the value does not fit the type.
        """
        with CODEC_LOCK, _as_usage_error(f"{value!r} is not a valid {type_string}"):
            encoder = self.runtime_config.create_scale_object(type_string, metadata=self.metadata)
            return bytes(encoder.encode(value).data)

    def decode(self, type_string: str, data: bytes) -> Any:
        """Plain Python value of SCALE bytes.

        Raises:
            DecodeError: the bytes do not fit the type.
        """
        return self.decode_object(type_string, data).value

    def decode_object(self, type_string: str, data: bytes) -> ScaleType:
        """scalecodec's object of SCALE bytes, where the plain value loses too much."""
        with CODEC_LOCK:
            try:
                item = self.runtime_config.create_scale_object(
                    type_string, data=ScaleBytes(bytes(data)), metadata=self.metadata
                )
                item.decode(check_remaining=True)
            except Exception as error:  # scalecodec raises whatever it stumbles over
                raise DecodeError(
                    f"{len(data)} bytes are not a valid {type_string}: {error}",
                    hint="the runtime may have been upgraded; retry",
                ) from error
            return item

    # -- storage

    def storage_key(self, pallet: str, item: str, keys: list[Any]) -> StorageKey:
        """Key of one storage value, or the prefix of a map when keys are missing.

        Raises:
            UsageError: no such storage, or the keys do not fit it.
        """
        self.storage_entry(pallet, item)
        with CODEC_LOCK, _as_usage_error(f"{keys!r} is not a key of {pallet}.{item}"):
            return StorageKey.create_from_storage_function(
                pallet, item, list(keys), runtime_config=self.runtime_config, metadata=self.metadata
            )

    def decode_storage(self, key: StorageKey, data: str | None) -> Any:
        """Plain value of a storage answer (0x-hex); without one the item's default, or None for an optional
        item.

        Raises:
            DecodeError: the bytes do not fit the type.
        """
        optional = key.metadata_storage_function.value["modifier"] != "Default"
        if data is None and optional:
            return None
        raw = _raw(
            data if data is not None else key.metadata_storage_function.value_object["default"].value_object
        )
        return self.decode(key.value_scale_type, raw)

    def decode_map_key(self, pallet: str, item: str, skipped: int, suffix: bytes) -> tuple[Any, ...]:
        """Keys of a map entry from what follows the prefix made of the first ``skipped`` keys.

        Raises:
            DecodeError: a hasher that does not keep the key.
        """
        entry = self.storage_entry(pallet, item)
        types, hashers = entry.get_params_type_string(), entry.get_param_hashers()
        parts: list[str] = []
        for name, hasher in list(zip(types, hashers, strict=True))[skipped:]:
            if hasher not in _HASH_LENGTH:
                raise DecodeError(
                    f"the keys of {pallet}.{item} are hashed with {hasher} and can't be read back"
                )
            parts += [f"[u8; {_HASH_LENGTH[hasher]}]", name] if _HASH_LENGTH[hasher] else [name]
        kept = [index for index, part in enumerate(parts) if not part.startswith("[u8; ")]
        if len(parts) == 1:
            return (self.decode(parts[0], suffix),)
        values = self.decode(f"({', '.join(parts)})", suffix)
        return tuple(values[index] for index in kept)

    def storage_entry(self, pallet: str, item: str) -> Any:
        """Metadata of one storage item.

        Raises:
            UsageError: no such pallet or item.
        """
        module = self.pallet(pallet)
        entry = module.get_storage_function(item)
        if entry is None:
            names = ", ".join(sorted(found.value["name"] for found in module.storage or []))
            raise UsageError(f"{pallet} has no storage {item!r}", hint=f"it has: {names or 'none'}")
        return entry

    def pallet(self, name: str) -> Any:
        """Metadata of one pallet.

        Raises:
            UsageError: no such pallet.
        """
        module = self.metadata.get_metadata_pallet(name)
        if module is None:
            names = ", ".join(found.value["name"] for found in self.metadata.pallets)
            raise UsageError(f"the chain has no pallet {name!r}", hint=f"pallets: {names}")
        return module

    def constant(self, pallet: str, name: str) -> Any:
        """Value of a pallet's constant.

        Raises:
            UsageError: no such constant.
        """
        for found in self.pallet(pallet).constants or []:
            if found.value["name"] == name:
                return self.decode(found.type, _raw(found.constant_value))
        raise UsageError(f"{pallet} has no constant {name!r}")

    # -- runtime APIs

    def api_method(self, api: str, method: str) -> dict[str, Any]:
        """Parameters (name, type) and answer type of a method of a runtime API.

        Raises:
            UsageError: the runtime has no such method.
        """
        apis = self.runtime_config.type_registry["runtime_api"]
        if api not in apis:
            raise UsageError(f"the runtime has no API {api!r}", hint=f"APIs: {', '.join(sorted(apis))}")
        methods = apis[api]["methods"]
        if method not in methods:
            raise UsageError(f"{api} has no method {method!r}", hint=f"it has: {', '.join(sorted(methods))}")
        return methods[method]

    def encode_api_params(self, api: str, method: str, params: Sequence[Any]) -> bytes:
        """SCALE bytes of the parameters.

        Raises:
            UsageError: wrong number or wrong types.
        """
        expected = self.api_method(api, method)["params"]
        if len(params) != len(expected):
            names = ", ".join(one["name"] for one in expected) or "none"
            raise UsageError(f"{api}.{method} takes {len(expected)} parameters ({names}), not {len(params)}")
        return b"".join(self.encode(one["type"], value) for one, value in zip(expected, params, strict=True))

    def decode_api_answer(self, api: str, method: str, data: bytes) -> Any:
        """Plain value of the answer."""
        return self.decode(self.api_method(api, method)["type"], data)

    def api_answer_fields(self, api: str, method: str) -> tuple[str, ...] | None:
        """Field names of a method's answer where that is a struct or an Option of one, else None."""
        kind = self.api_method(api, method)["type"]
        if not self.apis:
            return None
        number = int(kind.removeprefix("scale_info::"))
        definition = self._definition(number)
        if "variant" in definition:
            some = [one for one in definition["variant"]["variants"] if one["name"] == "Some"]
            definition = self._definition(some[0]["fields"][0]["type"]) if some else {}
        if "composite" not in definition:
            return None
        return tuple(one["name"] for one in definition["composite"]["fields"])

    def _definition(self, number: int) -> dict[str, Any]:
        return self.metadata.portable_registry["types"][number].value["type"]["def"]

    # -- calls

    def call(self, pallet: str, function: str, arguments: dict[str, Any]) -> GenericCall:
        """An encoded call.

        Raises:
            UsageError: no such call, or the arguments do not fit it.
        """
        module = self.pallet(pallet)
        names = [found.value["name"] for found in module.calls or []]
        if function not in names:
            raise UsageError(
                f"{pallet} has no call {function!r}", hint=f"it has: {', '.join(names) or 'none'}"
            )
        with CODEC_LOCK, _as_usage_error(f"the arguments do not fit {pallet}.{function}"):
            return self.compose_call(pallet, function, arguments)

    def sign(
        self,
        call: GenericCall,
        keypair: Keypair,
        *,
        nonce: int,
        tip: int = 0,
        era: dict[str, int] | None = None,
        block_hashes: dict[int, str] | None = None,
    ) -> bytes:
        """A signed extrinsic, SCALE-encoded.

        Args:
            era: ``{"period": blocks, "current": height}``, None for immortal.
            block_hashes: hash by height, for the block at which the era begins.
        """
        with CODEC_LOCK, _as_usage_error("the transaction can't be encoded"):
            self._block_hashes = block_hashes or {}
            payload = self.generate_signature_payload(call, era=era, nonce=nonce, tip=tip)
            signature = keypair.sign(bytes(payload.data))
            extrinsic = self.create_signed_extrinsic(
                call, keypair, era=era, nonce=nonce, tip=tip, signature=signature
            )
            self._block_hashes = {}
            return bytes(extrinsic.data.data)

    def era_birth(self, period: int, height: int) -> int:
        """Height of the block whose hash a mortal transaction signs."""
        with CODEC_LOCK:
            era = self.runtime_config.create_scale_object("Era")
            era.encode({"period": period, "current": height})
            return era.birth(height)

    def decode_extrinsic(self, data: bytes) -> dict[str, Any]:
        """An extrinsic as plain values."""
        return self.decode("Extrinsic", data)


def _raw(value: Any) -> bytes:
    """Bytes of a metadata field, which scalecodec gives as bytes or as 0x-hex."""
    return bytes.fromhex(value[2:]) if isinstance(value, str) else bytes(value or b"")


def _api_definitions(apis: dict[str, dict[str, ApiMethod]]) -> dict[str, Any]:
    """The API table in the form of scalecodec's registry, so that its runtime_call works too."""
    return {
        api: {
            "methods": {
                name: {
                    "params": [
                        {"name": given, "type": f"scale_info::{number}"} for given, number in method.inputs
                    ],
                    "type": f"scale_info::{method.output}",
                }
                for name, method in methods.items()
            }
        }
        for api, methods in apis.items()
    }


@contextmanager
def _as_usage_error(message: str) -> Iterator[None]:
    """scalecodec answers a wrong value with whatever exception it stumbles over; the caller gets one kind."""
    try:
        yield
    except (UsageError, DecodeError):
        raise
    except Exception as error:
        raise UsageError(f"{message}: {error}") from error
