import asyncio

import grpc
import pytest

import strongroom
from helpers.fake_vault import FakeVault
from strongroom import Client, Customer, ExternalId, RetryPolicy, Secret
from strongroom.status_details import error_of

QUICK = RetryPolicy(attempts=3, first_delay_s=0.001, longest_delay_s=0.002)


def client_of(vault: FakeVault, **more: object) -> Client:
    return strongroom.connect(vault.profile, retry=QUICK, **more)  # type: ignore[arg-type]  # options of connect, passed on


def test_a_created_customer_is_read_back() -> None:
    with FakeVault() as vault, client_of(vault) as client:
        made = client.customers.create(Customer(given_name="Ada"))

        assert client.customers.get(made.name).given_name == "Ada"
        assert client.customers.get(made.name.rpartition("/")[2]).name == made.name


def test_a_safe_call_is_tried_again_and_a_mutation_keeps_its_request_id() -> None:
    with FakeVault() as vault, client_of(vault) as client:
        vault.refuse_next("CreateCustomer", grpc.StatusCode.UNAVAILABLE)

        client.customers.create(Customer(given_name="Ada"))

        first, second = vault.calls["CreateCustomer"]
        assert first.request_id  # type: ignore[attr-defined]  # every request is a CreateCustomerRequest
        assert first == second


def test_a_mutation_without_a_request_id_is_sent_once() -> None:
    with FakeVault() as vault, client_of(vault) as client:
        vault.refuse_next("ClaimRun", grpc.StatusCode.UNAVAILABLE)

        with pytest.raises(strongroom.UnavailableError):
            client.worker.claim(["match"])

        assert len(vault.calls["ClaimRun"]) == 1


def test_a_token_is_never_issued_twice() -> None:
    with FakeVault() as vault, client_of(vault) as client:
        vault.refuse_next("IssueToken", grpc.StatusCode.UNAVAILABLE)

        with pytest.raises(strongroom.UnavailableError):
            client.access.issue_token("shop")

        assert len(vault.calls["IssueToken"]) == 1
        assert client.access.issue_token("shop")[1].reveal() == "srt_made_up"


def test_only_unavailable_is_tried_again() -> None:
    with FakeVault() as vault, client_of(vault) as client:
        vault.refuse_next("ListKeys", grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")

        with pytest.raises(strongroom.ResourceExhaustedError):
            client.keys.list()

        assert len(vault.calls["ListKeys"]) == 1


def test_retries_end() -> None:
    with FakeVault() as vault, client_of(vault) as client:
        for _ in range(9):
            vault.refuse_next("ListKeys", grpc.StatusCode.UNAVAILABLE)

        with pytest.raises(strongroom.UnavailableError):
            client.keys.list()

        assert len(vault.calls["ListKeys"]) == QUICK.attempts


def test_an_error_carries_reason_hint_and_id_of_the_call() -> None:
    with FakeVault() as vault, client_of(vault) as client, pytest.raises(strongroom.NotFoundError) as caught:
        client.customers.get("nobody")

    error = caught.value
    assert (error.reason, error.hint, error.request_id) == ("NOT_FOUND", "Check the id.", "c-1")
    assert "no such customer" in str(error)


def test_the_token_is_sent_and_never_shown() -> None:
    with FakeVault(token="srt_abc") as vault, client_of(vault, token=Secret("srt_abc")) as client:
        client.keys.list()

        assert "srt_abc" not in repr(client)
    with FakeVault(token="srt_abc") as vault, client_of(vault, token=Secret("old")) as client:
        refused = pytest.raises(strongroom.UnauthenticatedError)
        with refused:
            client.keys.list()


def test_a_list_is_lazy_and_goes_over_all_pages() -> None:
    with FakeVault() as vault, client_of(vault) as client:
        for number in range(8):
            vault.store(Customer(given_name=f"N{number}"))

        names = [customer.given_name for customer in client.customers.list()]

        assert names == [f"N{number}" for number in range(8)]
        assert len(vault.calls["ListCustomers"]) == 3
        client.customers.list()
        assert len(vault.calls["ListCustomers"]) == 3


def test_search_takes_exactly_one_key() -> None:
    with FakeVault() as vault, client_of(vault) as client:
        vault.store(Customer(emails=["a@x.example"], external_ids=[ExternalId(source="crm", id="7")]))

        assert client.customers.search(external_id=("crm", "7"))[0].emails == ["a@x.example"]
        with pytest.raises(strongroom.InvalidArgumentError, match="exactly one"):
            client.customers.search(email="a@x.example", phone="1")


def test_a_call_to_nobody_ends_within_its_budget() -> None:
    profile = strongroom.Profile(target="127.0.0.1:1", insecure=True)
    with strongroom.connect(profile, retry=QUICK, timeout_s=5) as client, pytest.raises(strongroom.UnavailableError) as caught:
        client.keys.list()

    assert caught.value.hint


class _Failed:
    """What gRPC says of a failed call."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        self._code, self._details = code, details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details

    def trailing_metadata(self) -> None:
        return None


@pytest.mark.parametrize(
    ("details", "kind"),
    [
        ("CANCELLED", strongroom.UnavailableError),
        ("Locally cancelled by application!", strongroom.CancelledError),
        ("Channel closed!", strongroom.CancelledError),
    ],
)
def test_a_call_that_nobody_here_cancelled_was_cut_off_by_a_vault_that_stops(
    details: str, kind: type[strongroom.StrongroomError]
) -> None:
    assert type(error_of(_Failed(grpc.StatusCode.CANCELLED, details))) is kind


def test_a_written_batch_that_arrived_counts_as_written() -> None:
    with FakeVault() as vault, client_of(vault) as client:
        vault.refuse_next("WriteResults", grpc.StatusCode.ALREADY_EXISTS, "OFFSET_EXISTS")

        assert client.worker.write_results("r", "t", step="match", offset=5, results=[]) == 5


def test_a_customer_written_twice_is_no_success() -> None:
    with FakeVault() as vault, client_of(vault) as client:
        vault.refuse_next("WriteResults", grpc.StatusCode.ALREADY_EXISTS, "DUPLICATE_RESULT")

        with pytest.raises(strongroom.AlreadyExistsError):
            client.worker.write_results("r", "t", step="match", offset=5, results=[])


def test_asyncio_does_the_same() -> None:
    async def work(vault: FakeVault) -> list[str]:
        async with strongroom.connect_async(vault.profile, retry=QUICK) as client:
            vault.refuse_next("CreateCustomer", grpc.StatusCode.UNAVAILABLE)
            await client.customers.create(Customer(given_name="Ada"))
            with pytest.raises(strongroom.NotFoundError) as caught:
                await client.customers.get("nobody")
            assert caught.value.hint == "Check the id."
            return [customer.given_name async for customer in client.customers.list()]

    with FakeVault() as vault:
        assert asyncio.run(work(vault)) == ["Ada"]
