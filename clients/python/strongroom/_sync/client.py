"""The client: one channel, one tenant, one object for each service.

Rules: making a client reads files and opens no connection; the first call does. It is closed by `close` or by leaving its
`with` block.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from strongroom._sync.access import Access
from strongroom._sync.analysis import Analysis
from strongroom._sync.attributes import Attributes
from strongroom._sync.audit import Audit
from strongroom._sync.backups import Backups
from strongroom._sync.calls import Calls, open_channel
from strongroom._sync.cells import Cells
from strongroom._sync.customers import Customers
from strongroom._sync.imports import Imports
from strongroom._sync.keys import Keys
from strongroom._sync.needs import Needs
from strongroom._sync.pipelines import Pipelines
from strongroom._sync.privacy import Privacy
from strongroom._sync.reads import Reads
from strongroom._sync.review import Review
from strongroom._sync.system import System
from strongroom._sync.transactions import Transactions
from strongroom._sync.worker import Worker
from strongroom.channels import call_metadata
from strongroom.profiles import Profile
from strongroom.retrying import RetryPolicy
from strongroom.secret import Secret


class Client:
    """A connection to one vault for one tenant.

    Args:
        profile: where the vault is and who calls.
        token: used in place of the profile's token file.
        timeout_s: total time of a call, its retries included, where the method names none.
        retry: when to try again.
    """

    def __init__(
        self, profile: Profile, *, token: Secret | None = None, timeout_s: float = 30.0, retry: RetryPolicy | None = None
    ) -> None:
        metadata = call_metadata(profile, token)
        calls = Calls(open_channel(profile), metadata=metadata, budget_s=timeout_s, policy=retry)
        tenant = profile.tenant
        self.profile = profile
        self.calls = calls
        self.customers = Customers(calls, tenant)
        self.transactions = Transactions(calls, tenant)
        self.needs = Needs(calls, tenant)
        self.attributes = Attributes(calls, tenant)
        self.imports = Imports(calls, tenant)
        self.privacy = Privacy(calls, tenant)
        self.read = Reads(calls, tenant)
        self.analysis = Analysis(calls, tenant)
        self.pipelines = Pipelines(calls, tenant)
        self.review = Review(calls, tenant)
        self.worker = Worker(calls, tenant)
        self.cells = Cells(calls, tenant)
        self.backups = Backups(calls)
        self.keys = Keys(calls, tenant)
        self.audit = Audit(calls, tenant)
        self.access = Access(calls, tenant)
        self.system = System(calls)

    @property
    def tenant(self) -> str:
        return self.profile.tenant

    def close(self) -> None:
        """Close the channel; open iterators end with an error."""
        self.calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(target={self.profile.target!r}, tenant={self.profile.tenant!r})"
