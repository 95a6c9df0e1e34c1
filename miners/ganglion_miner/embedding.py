"""Embedding requests to signed answers; the counterpart of answering.py for encoders."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ganglion.keys import Keypair
from ganglion.protocol import openai_responses as out
from ganglion.protocol import receipts
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.identity import Identity
from ganglion.protocol.openai import EmbeddingRequest
from ganglion.protocol.receipts import Finish, Kind, Receipt, SignedReceipt
from ganglion_miner.admission import Caller
from ganglion_miner.answering import Keep, required_identity
from ganglion_miner.engine.base import EngineBusy
from ganglion_miner.serving import EmbeddingModel


class Embedder:
    """Embeds texts with one model, signed with one key; arguments as Answerer's."""

    def __init__(
        self,
        model: EmbeddingModel,
        key: Keypair,
        network: bytes,
        *,
        keep: Keep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.model = model
        self._key = key
        self._network = network
        self._keep = keep
        self._clock = clock

    async def embed(self, request: EmbeddingRequest, caller: Caller) -> dict[str, Any]:
        """The answer as a response object. Raises RequestError, PromptError, EngineError."""
        dimension = self.model.engine.dimension
        if request.dimensions not in (None, dimension):
            raise RequestError(
                f"this model has {dimension} dimensions", code="unsupported_parameter", param="dimensions"
            )
        try:
            done = await self.model.engine.embed(request.inputs)
        except EngineBusy as error:
            raise RequestError(str(error), code="queue_full", retry_after=1) from error
        values = done.vectors.astype("<f4").tobytes()
        identity = required_identity(request.identity)
        signed = await self._receipt(
            request, caller, identity, done.tokens, receipts.embeddings_hash(values, dimension)
        )
        extra = {
            **identity.to_json(),
            "miner": self._key.ss58,
            "profile": self.model.profile.hex(),
            "receipt": signed.text(),
        }
        return out.embeddings(
            self.model.name, done.vectors.tolist(), done.tokens, extra, as_base64=request.base64
        )

    async def _receipt(
        self, request: EmbeddingRequest, caller: Caller, identity: Identity, tokens: int, output: bytes
    ) -> SignedReceipt:
        receipt = Receipt(
            network=self._network,
            request=receipts.request_hash(caller.signature),
            request_id=identity.request_id,
            miner=self._key.public_key,
            requester=caller.public_key,
            profile=self.model.profile,
            kind=Kind.EMBEDDING,
            prompt=receipts.inputs_hash(request.inputs),
            prompt_tokens=tokens,
            output=output,
            output_tokens=0,
            finish=Finish.COMPLETE,
            nonce=identity.nonce,
            created_at=int(self._clock() * 1000),
        )
        signed = receipts.sign_receipt(self._key, receipt)
        await self._keep(signed, ())
        return signed
