"""Host functions for logs, printing, tracing, panics, versions and off-chain workers."""

from __future__ import annotations

import os
import time

from ganglion_devnode.executor.context import Offchain
from ganglion_devnode.executor.host import MAX_ERROR_LOGS, U32, HostBase, HostFailure
from ganglion_devnode.executor.host_storage import ValueReads, optional_bytes
from ganglion_devnode.scale import byte_string, option

MAX_LOG_LINE = 8192  # bytes kept of one line
SLEEP_STEP = 0.05  # seconds between two looks at the deadline
DEBUG, INFO = 3, 2  # the level scale of log lines: 0 error .. 4 trace


class HostLogging(HostBase):
    """`ext_logging_*`, `ext_misc_print_*`, tracing, and the panic handler."""

    __slots__ = ()

    def _text(self, fat: int) -> str:
        shown = (fat & U32) | min(fat >> 32, MAX_LOG_LINE) << 32
        return self.read(shown).decode(errors="replace")

    def _log(self, level: int, target: str, message: str) -> None:
        if level == 0 and len(self.error_logs) < MAX_ERROR_LOGS:
            self.error_logs.append(message)
        if level < self.call_context.log_level:
            self.call_context.log(level, target, message)

    def ext_logging_log_version_1(self, level: int, target: int, message: int) -> None:
        """(level, target, message)"""
        self._log(level & U32, self._text(target), self._text(message))

    def ext_logging_max_level_version_1(self) -> int:
        """() -> filter level; another scale than log lines use"""
        return self.call_context.log_level

    def ext_misc_print_num_version_1(self, number: int) -> None:
        """(u64)"""
        self._log(DEBUG, "runtime", str(number))

    def ext_misc_print_utf8_version_1(self, text: int) -> None:
        """(text)"""
        self._log(DEBUG, "runtime", self._text(text))

    def ext_misc_print_hex_version_1(self, data: int) -> None:
        """(bytes)"""
        shown = (data & U32) | min(data >> 32, MAX_LOG_LINE) << 32
        self._log(DEBUG, "runtime", "0x" + self.read(shown).hex())

    def ext_panic_handler_abort_on_panic_version_1(self, message: int) -> None:
        """(message); does not return"""
        raise HostFailure(self._text(message))

    def ext_wasm_tracing_enabled_version_1(self, _metadata: int) -> int:
        """(metadata) -> false"""
        return 0

    def ext_wasm_tracing_enter_span_version_1(self, _attributes: int) -> int:
        """(attributes) -> span id"""
        return 0

    def ext_wasm_tracing_event_version_1(self, _event: int) -> None:
        """(event)"""

    def ext_wasm_tracing_exit_version_1(self, _span: int) -> None:
        """(span id)"""

    def ext_misc_runtime_version_version_1(self, code: int) -> int:
        """(`:code` bytes) -> Option<encoded RuntimeVersion>"""
        version = self.version_of(self.read(code))
        return self.give(option(None if version is None else byte_string(version)))


class HostOffchain(ValueReads):
    """`ext_offchain_*`: only in calls that were given off-chain services."""

    __slots__ = ()

    def _services(self) -> Offchain:
        services = self.call_context.offchain
        if services is None:
            raise HostFailure("off-chain functions can only be used in an off-chain worker's call")
        return services

    def ext_offchain_is_validator_version_1(self) -> int:
        """() -> bool"""
        return self._services().is_validator()

    def ext_offchain_submit_transaction_version_1(self, extrinsic: int) -> int:
        """(extrinsic) -> Result<(), ()>"""
        return self.give(b"\x00" if self._services().submit_transaction(self.read(extrinsic)) else b"\x01")

    def ext_offchain_network_state_version_1(self) -> int:
        """() -> Err: this node has no network"""
        self._services()
        return self.give(b"\x01")

    def ext_offchain_timestamp_version_1(self) -> int:
        """() -> milliseconds"""
        return self._services().timestamp_ms()

    def ext_offchain_sleep_until_version_1(self, deadline: int) -> None:
        """(milliseconds)"""
        services = self._services()
        while (left := deadline - services.timestamp_ms()) > 0:
            self.check_deadline()
            time.sleep(min(left / 1000, SLEEP_STEP))

    def ext_offchain_random_seed_version_1(self) -> int:
        """() -> 32 bytes"""
        self._services()
        return self.give_fixed(os.urandom(32))

    def ext_offchain_local_storage_set_version_1(self, kind: int, key: int, value: int) -> None:
        """(kind, key, value)"""
        self._services().local_set(kind & U32, self.read(key), self.read(value))

    def ext_offchain_local_storage_clear_version_1(self, kind: int, key: int) -> None:
        """(kind, key)"""
        self._services().local_set(kind & U32, self.read(key), None)

    def ext_offchain_local_storage_get_version_1(self, kind: int, key: int) -> int:
        """(kind, key) -> Option<Bytes>"""
        return self.give_option(self._services().local_get(kind & U32, self.read(key)))

    def ext_offchain_local_storage_compare_and_set_version_1(
        self, kind: int, key: int, old: int, new: int
    ) -> int:
        """(kind, key, Option<Bytes>, value) -> bool"""
        expected = optional_bytes(self.read(old))
        return self._services().local_compare_and_set(kind & U32, self.read(key), expected, self.read(new))

    def ext_offchain_set_authorized_nodes_version_1(self, _nodes: int, _only: int) -> None:
        """(nodes, bool): nothing to do without a network"""

    def ext_offchain_http_request_start_version_1(self, _method: int, _uri: int, _meta: int) -> int:
        """(method, uri, meta) -> Err: this node makes no requests"""
        return self.give(b"\x01")
