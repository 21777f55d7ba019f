"""The keyring of a page process: the keys that were lent for one page, and nothing behind them.

It opens and never seals: it has no random source and no store. An epoch that was not lent is unavailable here; the page is
then made by the process that has the keyring.
"""

from __future__ import annotations

from typing import NoReturn

from vault_server.crypto import refusals
from vault_server.crypto.batch_cipher import SealingBatch
from vault_server.crypto.epoch_keys import EpochKey, WrapBudget
from vault_server.crypto.run_secrets import BlockPseudonyms
from vault_server.ports.lent_keys import LentKeys


class LentKeyring:
    """`ports.keys.Batches` over lent keys."""

    def __init__(self, lent: LentKeys) -> None:
        self._epochs = {
            epoch: EpochKey(kek_id=b"", epoch=epoch, secret=secret.reveal(), budget=WrapBudget()) for epoch, secret in lent.data
        }
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


def _no_randomness(_size: int) -> NoReturn:
    raise refusals.key_unavailable()
