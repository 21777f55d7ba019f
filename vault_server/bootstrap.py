"""The composition root: opens keys and store, wires use cases, builds the server. Nothing else sees adapters.

Opening refuses early and in one line: keys first (wrong passphrase, open file), then the store, then the port.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from strongroom.api.v1.system_service_pb2 import GetContentDigestResponse
from vault_server.access.audit_log import ChainedAuditLog
from vault_server.access.authentication import StoredAuthenticator
from vault_server.access.policy import api_policy, api_services
from vault_server.backup_wiring import digest_of_records, open_backups
from vault_server.bulk_processes.processes import BulkProcesses
from vault_server.config import Settings, settings_problems
from vault_server.crypto.api_tokens import HashedApiTokens
from vault_server.crypto.keyring import EnvelopeKeyring
from vault_server.errors import ConfigurationError
from vault_server.open_keys import OpenKeys, open_keys
from vault_server.ports.keys import Keyring
from vault_server.ports.lent_keys import KeyLender
from vault_server.ports.pages import NoHelpers
from vault_server.ports.runtime import Runtime
from vault_server.ports.store import Store
from vault_server.records.dictionary import Dictionary
from vault_server.records.search import SearchIndex
from vault_server.records.validation import Validator
from vault_server.storage.opening import migrate, open_store
from vault_server.transport.admission import Admission
from vault_server.transport.events import emit
from vault_server.transport.pipeline import Pipeline
from vault_server.transport.registry import handlers
from vault_server.transport.server import ServerOptions, TlsFiles, VaultServer
from vault_server.transport.servicers.analysis import AnalysisServicer, AnalysisWorkerServicer
from vault_server.transport.servicers.bulk import AttributeServicer, ImportServicer, ReadSessionServicer
from vault_server.transport.servicers.cells import CellServicer
from vault_server.transport.servicers.operations import BackupServicer, KeyServicer, SystemServicer
from vault_server.transport.servicers.privacy import AccessServicer, AuditServicer, PrivacyServicer
from vault_server.transport.servicers.records import CustomerServicer, NeedServicer, TransactionServicer
from vault_server.transport.servicers.review import ReviewServicer
from vault_server.usecases.attribute_catalogue import AttributeCatalogue
from vault_server.usecases.attributes import Attributes
from vault_server.usecases.audit_reading import AuditReading
from vault_server.usecases.cells import Cells
from vault_server.usecases.erasure import Erasure
from vault_server.usecases.imports import Imports
from vault_server.usecases.pipelines import Pipelines
from vault_server.usecases.principals import Principals
from vault_server.usecases.purposes import Purposes
from vault_server.usecases.read_sessions import ReadSessions
from vault_server.usecases.record_kinds import CUSTOMERS, NEEDS, TRANSACTIONS
from vault_server.usecases.record_service import RecordService
from vault_server.usecases.recurring import PIPELINE_JOB, RETENTION_JOB
from vault_server.usecases.result_retention import ResultRetention
from vault_server.usecases.review.deciding import Deciding
from vault_server.usecases.review.queue import ReviewQueue
from vault_server.usecases.review.review_settings import ReviewRules
from vault_server.usecases.review.worker_proposals import WorkerProposals
from vault_server.usecases.run_diff import RunDiff
from vault_server.usecases.run_help import RunHelp
from vault_server.usecases.run_undo import RunUndo
from vault_server.usecases.runs import Runs
from vault_server.usecases.scheduled_pipelines import ScheduledPipelines
from vault_server.usecases.schedules import Schedules
from vault_server.usecases.system import System
from vault_server.usecases.vault import Vault
from vault_server.usecases.worker_runs import WorkerRuns


def require_sound(settings: Settings) -> None:
    """Raises ConfigurationError with the first thing that would keep the vault from starting."""
    problems = settings_problems(settings)
    if problems:
        raise ConfigurationError(problems[0], hint="`strongroom-server config check` lists everything")


def migrate_store(settings: Settings) -> str:
    """Bring the database to this program's schema; one line that says what was done."""
    report = migrate(settings.storage.url.reveal_text())
    if not report.changed:
        return f"the schema is {report.after}; nothing to do"
    return f"the schema went from {report.before or 'nothing'} to {report.after}"


class RunningVault:
    """An open vault: store, keys, use cases and server. Closing it ends everything in order."""

    def __init__(self, settings: Settings, runtime: Runtime, keys: OpenKeys | None = None) -> None:
        require_sound(settings)
        self._closing = ExitStack()
        with ExitStack() as opened:
            keys = keys or open_keys(settings)
            self.store = open_store(
                settings.storage.url.reveal_text(), clock_us=runtime.now_us, pool_size=settings.storage.pool_size
            )
            opened.callback(self.store.close)
            self._build(settings, runtime, keys, opened)
            self._closing = opened.pop_all()

    def start(self) -> None:
        self._scheduling.start()
        self.server.start()

    def stop(self, grace_s: float) -> None:
        """Drain, then close. Idempotent."""
        self.server.drain(grace_s)
        self._closing.close()

    def _build(self, settings: Settings, runtime: Runtime, keys: OpenKeys, opened: ExitStack) -> None:
        log = ChainedAuditLog(self.store, keys.signer, {one.key_id: one for one in keys.verifiers}, runtime=runtime)
        opened.callback(log.close)
        keyring = open_keyring(runtime, keys, self.store)
        vault = open_vault(settings, runtime, keyring, self.store)
        tokens = HashedApiTokens()
        authenticator = StoredAuthenticator(self.store, tokens, clock_us=runtime.now_us)
        admission = Admission(
            per_principal=settings.server.calls_per_principal,
            streams_per_principal=settings.server.streams_per_principal,
            streams=max(1, settings.server.threads // 2),
        )
        policy = api_policy()
        pipeline = Pipeline(
            authenticator=authenticator,
            policy=policy,
            admission=admission,
            log=log,
            runtime=runtime,
            home_tenant=settings.server.home_tenant,
        )
        runs, worker_runs, run_help = Runs(vault=vault), WorkerRuns(vault=vault), RunHelp(vault=vault)
        starting = ScheduledPipelines(vault=vault, runs=runs, policy=policy, log=log, home_tenant=settings.server.home_tenant)
        retention = ResultRetention(store=self.store, keep_runs=settings.analysis.keep_runs)
        jobs = {PIPELINE_JOB: starting.start, RETENTION_JOB: retention.run}
        wired = open_backups(settings, keys, vault, log, opened, jobs)
        self._scheduling = wired.scheduling
        self.helpers = open_helpers(settings, runtime, keyring, opened)
        system = System(
            vault=vault,
            version=version("strongroom"),
            backup_target=wired.engine.describe_target(),
            digest=digest_of(self.store),
        )
        servicers: dict[str, object] = {
            "CustomerService": CustomerServicer(records=RecordService(vault=vault, spec=CUSTOMERS)),
            "TransactionService": TransactionServicer(records=RecordService(vault=vault, spec=TRANSACTIONS)),
            "NeedService": NeedServicer(records=RecordService(vault=vault, spec=NEEDS)),
            "AttributeService": AttributeServicer(attributes=Attributes(vault=vault)),
            "ImportService": ImportServicer(imports=Imports(vault=vault, helpers=self.helpers)),
            "ReadSessionService": ReadSessionServicer(sessions=ReadSessions(vault=vault, helpers=self.helpers)),
            "PrivacyService": PrivacyServicer(
                erasure=Erasure(vault=vault, ledger=wired.ledger), purposes=Purposes(vault=vault)
            ),
            "AnalysisService": AnalysisServicer(
                runs=runs,
                undo=RunUndo(vault=vault),
                diff=RunDiff(vault=vault, runs=runs),
                pipelines=Pipelines(vault=vault),
            ),
            "AnalysisWorkerService": AnalysisWorkerServicer(
                runs=worker_runs, proposals=WorkerProposals(worker_runs=worker_runs)
            ),
            "CellService": CellServicer(cells=Cells(worker_runs=worker_runs, help=run_help)),
            "ReviewService": review_servicer(vault),
            "AccessService": AccessServicer(principals=Principals(vault=vault, tokens=tokens, authenticator=authenticator)),
            "AuditService": AuditServicer(audit=AuditReading(vault=vault, log=log)),
            "KeyService": KeyServicer(system=system),
            "BackupService": BackupServicer(backups=wired.backups),
            "SystemService": SystemServicer(system=system, schedules=Schedules(vault=vault)),
        }
        services = api_services()
        self.server = VaultServer(
            server_options(settings),
            handlers([(service, servicers.get(service.name)) for service in services], pipeline, policy),
            admission,
            [service.full_name for service in services],
        )


def open_keyring(runtime: Runtime, keys: OpenKeys, store: Store) -> EnvelopeKeyring:
    """The process's one keyring."""
    return EnvelopeKeyring(
        store=store.keks,
        roots=keys.roots,
        signer=keys.signer,
        verifiers=keys.verifiers,
        fence=store.fence,
        monotonic_s=runtime.monotonic_s,
        random=runtime.random_bytes,
    )


def open_vault(settings: Settings, runtime: Runtime, keyring: Keyring, store: Store) -> Vault:
    """The ports that use cases share."""
    dictionary = Dictionary()
    return Vault(
        store=store,
        keyring=keyring,
        dictionary=dictionary,
        validator=Validator(dictionary),
        search=SearchIndex(dictionary, default_region=settings.records.default_region),
        attributes=AttributeCatalogue(store),
        runtime=runtime,
    )


def open_helpers(settings: Settings, runtime: Runtime, lender: KeyLender, opened: ExitStack) -> BulkProcesses | NoHelpers:
    """Processes for bulk reads and imports, if there are to be any; they end before the store closes."""
    count = settings.server.bulk_processes
    if not count:
        return NoHelpers()
    helpers = BulkProcesses(
        count,
        url=settings.storage.url,
        default_region=settings.records.default_region,
        lender=lender,
        monotonic_s=runtime.monotonic_s,
        emit=emit,
    )
    opened.callback(helpers.close)
    return helpers


def review_servicer(vault: Vault) -> ReviewServicer:
    queue = ReviewQueue(vault=vault)
    return ReviewServicer(queue=queue, deciding=Deciding(queue=queue), rules=ReviewRules(vault=vault))


def server_options(settings: Settings) -> ServerOptions:
    server, tls = settings.server, settings.tls
    return ServerOptions(
        address=server.address,
        threads=server.threads,
        max_connection_age_s=server.max_connection_age_s,
        multi_process=server.multi_process,
        reflection=server.reflection,
        tls=None
        if server.plaintext
        else TlsFiles(
            key=_private(tls.key_file),
            chain=tls.certificate_file.read_bytes(),
            client_authority=tls.client_ca_file.read_bytes(),
            require_client=tls.require_client_certificate,
        ),
    )


def digest_of(store: Store) -> Callable[[], GetContentDigestResponse]:
    """Counts and digests the logical content of a store."""

    def digest() -> GetContentDigestResponse:
        with store.snapshot() as source:
            found = digest_of_records(source)
        counts = found.counts
        return GetContentDigestResponse(
            digest=found.digest,
            customers=counts["customers"],
            transactions=counts["transactions"],
            needs=counts["needs"],
            derived=counts["derived"],
        )

    return digest


def _private(path: Path) -> bytes:
    from vault_server.crypto.private_files import read_private

    return read_private(path)
