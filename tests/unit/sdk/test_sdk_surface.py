import inspect
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import strongroom
from strongroom import Customer, ExternalId, PostalAddress, Secret
from strongroom._aio.client import AsyncClient
from strongroom._sync.client import Client
from strongroom.api.v1 import customer_service_pb2, import_service_pb2
from strongroom.methods import method_of

ROOT = Path(__file__).resolve().parents[3]
PUBLIC = {
    "AlreadyExistsError", "AsyncClient", "BackupFailedError", "CallerError", "CancelledError", "Client", "ConfigurationError",
    "ConflictError", "Customer", "DeadlineExceededError", "DerivedData", "ExternalId", "FailedPreconditionError",
    "ImportIncompleteError", "ImportResult", "ImportRow", "IntegrityError", "InternalError", "InvalidArgumentError",
    "MissingExtraError", "Need", "NotFoundError", "OutOfRangeError", "PermissionDeniedError",
    "Pipeline", "PipelineSchedule", "PostalAddress", "Profile",
    "ProtocolError", "ResourceExhaustedError", "RetryPolicy", "RowResult", "Run", "RunFailedError", "Secret", "ServerError",
    "StrongroomError", "Transaction", "TransactionLine", "UnauthenticatedError", "UnavailableError", "UnimplementedError",
    "__version__", "connect", "connect_async", "load_profile", "masked", "write_profile",
}  # fmt: skip
SERVICES = sorted(name for name, value in vars(Client(strongroom.Profile(target="127.0.0.1:1", insecure=True))).items()
                  if not isinstance(value, strongroom.Profile) and name != "calls")  # fmt: skip


def test_the_export_list_is_pinned_and_every_name_exists() -> None:
    assert set(strongroom.__all__) == PUBLIC
    assert all(getattr(strongroom, name) is not None for name in PUBLIC)


def test_importing_the_sdk_loads_neither_grpc_nor_pyarrow() -> None:
    code = "import sys, strongroom; print([m for m in ('grpc', 'pyarrow', 'google.protobuf') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_blocking_call_needs_no_pyarrow() -> None:
    code = "import sys, strongroom; strongroom.Client; print('pyarrow' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def surface(client_module: str, service: str) -> dict[str, list[str]]:
    module = __import__(f"strongroom.{client_module}.{service}", fromlist=["x"])
    classes = [item for item in vars(module).values() if inspect.isclass(item) and item.__module__ == module.__name__]
    found = {}
    for kind in classes:
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_") or name == "__call__":
                found[f"{kind.__name__}.{name}"] = [
                    str(parameter) for parameter in inspect.signature(method).parameters.values()
                ]
    return found


@pytest.mark.parametrize("module", sorted(path.stem for path in (ROOT / "clients/python/strongroom/_aio").glob("*.py")))
def test_sync_and_asyncio_have_the_same_methods_and_signatures(module: str) -> None:
    if module in {"__init__", "client"}:
        return
    blocking, asynchronous = surface("_sync", module), surface("_aio", module)
    if module == "calls":
        assert blocking.keys() == asynchronous.keys()
    else:
        assert blocking == asynchronous


def test_both_clients_offer_the_same_services() -> None:
    asynchronous = {name for name in AsyncClient.__init__.__code__.co_names if name in SERVICES}
    assert asynchronous == set(SERVICES)
    assert str(inspect.signature(strongroom.connect).parameters) == str(inspect.signature(strongroom.connect_async).parameters)


def test_the_blocking_twin_is_made_from_the_asyncio_one() -> None:
    script = ROOT / "clients/python/make_sync.py"
    answer = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_requests_name_their_rpc_and_whether_it_may_be_repeated() -> None:
    get = method_of(customer_service_pb2.GetCustomerRequest)
    rows = method_of(import_service_pb2.ImportRowsRequest)

    assert get.path == "/strongroom.api.v1.CustomerService/GetCustomer"
    assert get.repeatable
    assert not rows.repeatable
    with pytest.raises(TypeError):
        method_of(Customer)


def test_a_masked_record_shows_no_personal_value() -> None:
    customer = Customer(
        name="tenants/main/customers/1",
        given_name="Wilhelmina",
        family_name="Quast",
        birth_date="1980-04-03",
        emails=["wilhelmina@quast.example"],
        phones=["+4930123456"],
        addresses=[PostalAddress(street="Lange Gasse 5", city="Ulm")],
        external_ids=[ExternalId(source="crm", id="K-99812")],
        unparsed={"note": "born in Ulm"},
        stated_age=44,
    )
    customer.attributes["visits"].int_value = 31337
    customer.income.amount_minor = 987654
    text = strongroom.masked(customer)

    for value in ("Wilhelmina", "Quast", "04-03", "wilhelmina@", "123456", "Gasse", "Ulm", "99812", "31337", "987654"):
        assert value not in text
    assert "W." in text
    assert "1980-**-**" in text
    assert "tenants/main/customers/1" in text


def test_a_secret_shows_nothing_and_is_not_pickled() -> None:
    secret = Secret("srt_hidden")

    assert "hidden" not in f"{secret!r} {secret} {[secret]}"
    assert secret == Secret("srt_hidden")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
