"""Who helps with a run: tokens of joined workers, and what they are good for.

A help token is sealed by the vault, names nobody and says under which fencing number it was given, and opens only for the
principal and the run that it was made for. It is void as soon as the run's lease is not that of the leader who took the helper:
then the leader is gone, and with it the help. Nothing is stored for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from vault_server.errors import InvalidArgumentError
from vault_server.ports.runs import RunRow
from vault_server.ports.store import ReadView, WriteView
from vault_server.usecases.call import Call
from vault_server.usecases.run_leases import lease_is_lost, leased, led
from vault_server.usecases.runs import missing_run
from vault_server.usecases.vault import Vault

PREFIX = "srh_"
_NONCE_BYTES = 16
_FENCE_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHelp:
    """Tokens of helpers."""

    vault: Vault

    def token(self, call: Call, tenant: str, name: str, fence: int) -> str:
        """A new token; no two are alike, so that two helpers of one principal hold different cells."""
        payload = fence.to_bytes(_FENCE_BYTES) + self.vault.runtime.random_bytes(_NONCE_BYTES)
        return PREFIX + self.vault.keyring.page_tokens(tenant).seal(_context(call, name), payload)

    def worker_of(
        self, view: ReadView | WriteView, call: Call, row: RunRow | None, name: str, token: str
    ) -> tuple[RunRow, str]:
        """The run, and the step that the holder of the token helps with: "" for who leads, and does all of the run.

        Raises:
            NotFoundError: no such run.
            ConflictError: LEASE_LOST, the token is void: the leader is gone, the run has ended, or no help is wanted any more.
        """
        if token.startswith(PREFIX):
            if row is None:
                raise missing_run()
            if not led(row, view.now_us()):
                raise lease_is_lost()
            return row, self._step_of(view, call, row, name, token)
        return leased(row, token, view.now_us()), ""

    def _step_of(self, view: ReadView | WriteView, call: Call, row: RunRow, name: str, token: str) -> str:
        try:
            payload = self.vault.keyring.page_tokens(row.tenant).open(_context(call, name), token.removeprefix(PREFIX))
        except InvalidArgumentError:
            raise lease_is_lost() from None
        shared = view.cells.shared(row.tenant, row.run_id)
        fence = int.from_bytes(payload[:_FENCE_BYTES])
        if shared is None or not fence == shared.fence == row.fence:
            raise lease_is_lost()
        return shared.step


def _context(call: Call, name: str) -> bytes:
    return f"help:{call.identity.principal}:{name}".encode()
