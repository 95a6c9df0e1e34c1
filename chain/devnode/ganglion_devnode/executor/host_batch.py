"""Host functions for batched signature checks, which only runtimes of earlier years import.

A batch checks nothing later than it is asked to: each signature is verified at once, and the end of the batch
answers whether all of them held.
"""

from __future__ import annotations

from ganglion_devnode.executor.host import HostFailure
from ganglion_devnode.executor.host_crypto import HostSignatures


class HostBatches(HostSignatures):
    """`ext_crypto_*batch_verify*`: (signature, message, public) -> bool."""

    __slots__ = ()

    def ext_crypto_start_batch_verify_version_1(self) -> None:
        """()"""
        if self.batch is not None:
            raise HostFailure("a batch of signatures is open already")
        self.batch = True

    def ext_crypto_finish_batch_verify_version_1(self) -> int:
        """() -> bool"""
        if self.batch is None:
            raise HostFailure("there is no open batch of signatures")
        result, self.batch = self.batch, None
        return result

    def _batched(self, valid: int) -> int:
        if self.batch is not None:
            self.batch = self.batch and bool(valid)
        return valid

    def ext_crypto_sr25519_batch_verify_version_1(self, signature: int, message: int, public: int) -> int:
        """64-byte signature, 32-byte key"""
        return self._batched(self.ext_crypto_sr25519_verify_version_2(signature, message, public))

    def ext_crypto_ed25519_batch_verify_version_1(self, signature: int, message: int, public: int) -> int:
        """64-byte signature, 32-byte key"""
        return self._batched(self.ext_crypto_ed25519_verify_version_1(signature, message, public))

    def ext_crypto_ecdsa_batch_verify_version_1(self, signature: int, message: int, public: int) -> int:
        """65-byte signature, 33-byte key"""
        return self._batched(self.ext_crypto_ecdsa_verify_version_2(signature, message, public))
