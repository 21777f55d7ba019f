"""The keyrings of a bulk process: the keys that were lent for one page or one chunk, and nothing behind them.

The one for pages opens and never seals: it has no random source. Neither has a store. An epoch that was not lent is unavailable
here; the page or chunk is then made by the process that has the keyring.
"""

from __future__ import annotations

from typing import NoReturn

from vault_server.crypto import refusals
from vault_server.crypto.batch_cipher import RandomSource, SealingBatch
from vault_server.crypto.blind_index import HmacBlindIndex
from vault_server.crypto.epoch_keys import EpochKey, WrapBudget
from vault_server.crypto.run_secrets import BlockPseudonyms
from vault_server.ports.lent_keys import LentForImport, LentKeys
from vault_server.ports.secret import Secret


class LentKeyring:
    """`ports.keys.Batches` over lent keys."""

    def __init__(self, lent: LentKeys) -> None:
        self._epochs = _epochs(lent.data)
        self._pseudonyms = lent.pseudonyms

    def batch(self, tenant: str) -> SealingBatch:
        return SealingBatch(tenant=tenant, keys=self, random=_no_randomness)

    def pseudonyms(self) -> BlockPseudonyms | None:
        return None if self._pseudonyms is None else BlockPseudonyms(self._pseudonyms.reveal())

    def active(self) -> NoReturn:
        raise refusals.key_unavailable()

    def of_epoch(self, epoch: int) -> EpochKey:
        found = self._epochs.get(epoch)
        if found is None:
            raise refusals.key_unavailable()
        return found


class LentImportKeyring:
    """`ports.keys.ImportKeys` over lent keys. What it wraps was counted when they were lent."""

    def __init__(self, lent: LentForImport, random: RandomSource) -> None:
        self._epochs = _epochs(lent.data)
        self._index = list(_epochs(lent.index).values())
        self._random = random

    def batch(self, tenant: str) -> SealingBatch:
        return SealingBatch(tenant=tenant, keys=self, random=self._random)

    def blind_index(self, tenant: str) -> HmacBlindIndex:
        return HmacBlindIndex(tenant=tenant, keys=self._index)

    def active(self) -> EpochKey:
        return next(reversed(self._epochs.values()))

    def of_epoch(self, epoch: int) -> EpochKey:
        found = self._epochs.get(epoch)
        if found is None:
            raise refusals.key_unavailable()
        return found


def _epochs(lent: tuple[tuple[int, Secret], ...]) -> dict[int, EpochKey]:
    return {epoch: EpochKey(kek_id=b"", epoch=epoch, secret=secret.reveal(), budget=WrapBudget()) for epoch, secret in lent}


def _no_randomness(_size: int) -> NoReturn:
    raise refusals.key_unavailable()
