"""What decides in a lake: objects that are created once, one swap, and what is there when somebody has died."""

from __future__ import annotations

import os
import pickle
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shardgen.errors import ResumeError, TargetError
from shardgen.model.config import Terms
from shardgen.stores.failures import PermanentError, Remedy, StoreError, SupersededError
from shardgen.stores.lake import address, coordinator, failures, folder, layout, leftovers, probing
from shardgen.stores.lake.failures import LakeError
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.objects import PART, Objects
from shardgen.stores.lake.records import Current
from shardgen.stores.lake.store import LakeStore
from shardgen.stores.told import Task
from tests import fakes, lakes
from tests.stores.contract import at_work, begun, never, plan, resumed, rows, write

BIG = PART * 2 + 1000


@pytest.fixture
def there(place: str) -> Objects:
    return Objects(address.parsed(place))


@pytest.fixture(params=["folder", "bucket", "google", "azure"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


# --- objects ----------------------------------------------------------------------------------------------------------


def test_an_object_is_created_once_and_swapped_only_for_what_was_read(there):
    assert (there.put_new("a/b", b"1"), there.put_new("a/b", b"2")) == (True, False)
    held = there.read("a/b")
    assert held.data == b"1"
    assert (there.swap("a/b", b"3", held), there.swap("a/b", b"4", held)) == (True, False)
    assert (there.read("a/b").data, there.read("nothing")) == (b"3", None)
    assert (there.swap("c", b"5", None), there.swap("c", b"6", None)) == (True, False)
    assert pickle.loads(pickle.dumps(there)) == there


def test_what_is_gone_keeps_nothing_else_from_being_removed(there):
    for key in ("a", "b/c", "d"):
        there.put_new(key, b"1")
    there.delete(["a", "nothing", "b/c", "none/either"])
    assert [each.key for each in there.list()] == ["d"]
    there.delete(["nothing"])


@pytest.mark.parametrize("size", [10, BIG])
def test_a_file_of_any_size_is_created_once_and_nothing_of_a_broken_one_stays(there, size):
    def chunks(*, broken: bool = False) -> Iterator[bytes]:
        for start in range(0, size, 1 << 20):
            yield b"x" * min(1 << 20, size - start)
        if broken:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        there.upload_new("t/file", chunks(broken=True), apart="apart")
    assert list(there.list()) == []
    assert (
        there.upload_new("t/file", chunks(), apart="apart"),
        there.upload_new("t/file", chunks(), apart="apart"),
    ) == (
        True,
        False,
    )
    assert [(each.key, each.size) for each in there.list()] == [("t/file", size)]
    with there.open("t/file") as file:
        file.seek(size - 3)
        assert (file.read(), file.tell()) == (b"xxx", size)


def test_of_many_that_create_the_same_object_one_wins(tmp_path):
    there = Objects(address.parsed(lakes.folder(tmp_path)))
    there.put_new("first", b"")
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda number: there.put_new("one", str(number).encode()), range(32))) == 1
        held = there.read("first")
        assert sum(pool.map(lambda number: there.swap("first", str(number).encode(), held), range(32))) == 1


def test_half_uploads_are_ended_when_a_load_goes_on(bucket):
    there = Objects(address.parsed(bucket.url))
    import obstore

    left = obstore.open_writer(there._store(), "_shardgen/g1/incoming/x", buffer_size=5 << 20)
    left.write(b"x" * (11 << 20))
    assert len(bucket.uploads()) == 1
    assert leftovers.removed(there, layout.Generation(1)) == ()
    assert bucket.uploads() == []


# --- shards -----------------------------------------------------------------------------------------------------------


def test_a_file_without_its_ledger_object_is_looked_at_and_taken(place, there):
    shard = plan().shards[0]
    with at_work(lakes.store(place)) as (run, writer):
        first = write(writer, shard)
        there.delete([layout.Generation(1).entry(shard.id)])
        again = writer.write(Task(shard=shard, attempt=2), never)
        assert (again.by_us, again.rows, again.digest, again.bytes) == (True, first.rows, first.digest, first.bytes)
        assert set(run.done()) >= set()


@pytest.mark.parametrize("what", ["garbage", "another shard"])
def test_something_else_in_the_place_of_a_file_is_refused_and_stays(place, there, what):
    shard, other = plan().shards[:2]
    with at_work(lakes.store(place)) as (run, writer):
        names = layout.Generation(1)
        data = b"garbage"
        if what != "garbage":
            write(writer, other)
            data = there.read(names.file(other, ".parquet")).data
        there.put(names.file(shard, ".parquet"), data)
        with pytest.raises(PermanentError, match="is not the file of this load") as caught:
            writer.write(Task(shard=shard), rows(shard))
        assert run.writer().failure(caught.value)[0] is Remedy.STOP_TABLE
        assert there.read(names.file(shard, ".parquet")).data == data


def test_the_same_shard_twice_at_once_is_there_once(place):
    shard, meet = plan().shards[0], threading.Barrier(2)
    with at_work(lakes.store(place)) as (run, _):

        def work(_: int) -> Any:
            writer = run.writer().open(lambda: False)

            def together() -> Iterator[Any]:
                meet.wait(20)
                yield from rows(shard)()

            return writer.write(Task(shard=shard), together)

        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(work, range(2)))
        assert len({each.digest for each in found}) == 1
        assert sorted(each.by_us for each in found) == [False, True]
        assert list(run.done()) == [shard.id]


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_a_shard_whose_table_was_taken_away_meanwhile_is_not_recorded(place, there):
    shard = plan().shards[0]
    with at_work(lakes.store(place)) as (_, writer):

        def taken_away() -> Iterator[Any]:
            yield from rows(shard)()
            Ledger(there).change(lambda current: replace(current, claims={}))

        with pytest.raises(SupersededError):
            writer.write(Task(shard=shard), taken_away)
    assert there.head(layout.Generation(1).entry(shard.id)) is None


def test_a_ledger_object_without_its_file_is_damage(place, there):
    with pytest.raises(RuntimeError):
        fakes.load(lakes.store(place), fakes.plan_config(tables=("orders",)), show=_dies_once(), workers=1)
    [key] = [each.key for each in there.list("orders")]
    there.delete([key])
    with pytest.raises(Exception, match="is gone, though shard="):
        fakes.resume(lakes.store(place))
    assert lakes.store(place).runs()[0].state == "failed"


def _dies_once():
    from shardgen.events import ShardDone
    from tests.stores.contract import dies_at

    return dies_at(ShardDone)


# --- claims -----------------------------------------------------------------------------------------------------------


def test_two_that_claim_at_the_same_time_do_not_both_get_it(place):
    def claim(_: int) -> str:
        try:
            with begun(lakes.store(place)):
                threading.Event().wait(0.5)
                return "claimed"
        except TargetError:
            return "refused"

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(claim, range(3))).count("claimed") == 1
    assert len(lakes.store(place).runs()) == 1


def test_a_replace_that_is_not_complete_leaves_the_table_as_it_was(place, there):
    config = fakes.plan_config(tables=("orders",))
    fakes.load(lakes.store(place), config)
    with at_work_replacing(place) as writer:
        write(writer, plan(("orders",)).shards[0])
        assert there.head(layout.SUCCESS) is None
    assert sorted(each.key.rpartition(".g")[2] for each in there.list("orders")) == ["1.parquet"] * 3 + ["2.parquet"]
    first, second = lakes.store(place).runs()
    assert (first.replaced_by, first.tables[0].generation, second.state) == ((), 1, "lost")
    survey = lakes.store(place).survey(fakes.recipe(), run=2, every=False)
    lakes.store(place).reset(fakes.recipe(), survey, run=2, every=False, show=lambda _: None)
    [only] = lakes.store(place).runs()
    assert (only.run, only.tables[0].generation, only.tables[0].rows) == (1, 1, 600)
    assert [each.key.rpartition(".g")[2] for each in there.list("orders")] == ["1.parquet"] * 3


def test_a_replace_takes_along_what_one_that_died_has_left(place, there):
    config, shard = fakes.plan_config(tables=("orders",)), plan(("orders",)).shards[0]
    fakes.load(lakes.store(place), config)
    with at_work_replacing(place) as writer:
        write(writer, shard)
        there.delete([layout.Generation(2).entry(shard.id)])
    fakes.load(lakes.store(place), config, if_exists="replace")
    assert [layout.generation(each.key) for each in there.list("orders")] == [3] * 3


def test_a_reset_takes_no_file_that_is_only_named_like_ours(place, there):
    fakes.load(lakes.store(place), fakes.plan_config(tables=("orders",)))
    others = ["orders/mine.g1.parquet", "orders/customers-1.g1.parquet", "orders/old/orders-1.g1.parquet"]
    for key in others:
        there.put_new(key, b"of somebody else")
    survey = lakes.store(place).survey(fakes.recipe(), run=None, every=False)
    lakes.store(place).reset(fakes.recipe(), survey, run=None, every=False, show=lambda _: None)
    assert sorted(each.key for each in there.list()) == sorted(others)


class at_work_replacing:  # noqa: N801
    def __init__(self, place: str) -> None:
        self._begun = begun(lakes.store(place), if_exists="replace", tables=("orders",))

    def __enter__(self) -> Any:
        return self._begun.__enter__().writer().open(lambda: False)

    def __exit__(self, *exc: object) -> None:
        self._begun.__exit__(*exc)


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_files_of_another_library_are_not_gone_on_with(place, monkeypatch):
    with begun(lakes.store(place)):
        pass
    real = lakes.FakeFormat(plan().config).made_by
    monkeypatch.setattr(lakes.FakeFormat, "made_by", {**real, "pyarrow": "1.0", "codec": "zstd 9"}, raising=False)
    told = (
        rf"by codec .*, pyarrow {re.escape(real['pyarrow'])}, and here is codec zstd 9, pyarrow 1\.0: use the versions"
    )
    with (
        pytest.raises(ResumeError, match=told),
        resumed(lakes.store(place)),
    ):
        pass


def test_a_coordinator_of_another_host_that_says_nothing_counts_as_gone(place, there, monkeypatch):
    store = lakes.store(place)
    with begun(store):
        monkeypatch.setattr(coordinator, "_host", lambda: "elsewhere")
        with pytest.raises(TargetError, match="another load is at work"), resumed(store):
            pass
        real = probing.probe
        monkeypatch.setattr(probing, "probe", lambda there: real(there) + coordinator.SILENCE + timedelta(seconds=5))
        with resumed(store) as run:
            assert run.resumed


def test_who_is_sent_away_notices(tmp_path, monkeypatch):
    monkeypatch.setattr(coordinator, "BEAT", 0.05)
    store = lakes.store(lakes.folder(tmp_path))
    with begun(store) as run, store.resume(fakes.recipe(), given={}, on_conflict=None, workers=1, take_over=True):
        assert fakes_until(lambda: _raises(run.look))


def fakes_until(done: Any) -> bool:
    from shardgen.stores.retry import until

    return until(done, looks=100)


def _raises(call: Any) -> bool:
    try:
        call()
    except StoreError as error:
        return "taken over" in str(error)
    return False


# --- places that will not do ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bucket", "google", "azure"])
def test_a_bucket_that_is_not_there_is_named(place):
    store = lakes.store(f"{place.partition('://')[0]}://no-such-bucket/x")
    with pytest.raises(TargetError, match="'no-such-bucket' does not exist"), begun(store):
        pass
    with pytest.raises(TargetError, match="'no-such-bucket' does not exist"):
        store.runs()


@pytest.mark.parametrize(
    ("scheme", "told"),
    [
        ("s3", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"),
        ("gs", "set GOOGLE_APPLICATION_CREDENTIALS"),
        ("az", "set AZURE_STORAGE_ACCOUNT_NAME, and AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN"),
    ],
)
def test_without_credentials_it_is_said_what_to_set(scheme, told, monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith(("AWS_", "GOOGLE_", "AZURE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(TargetError, match=f"no credentials for {scheme}://b/x were found: {told}"):
        lakes.store(f"{scheme}://b/x").runs()


@pytest.mark.parametrize("kind", ["azure"])
def test_who_may_only_read_is_refused_and_leaves_nothing(place, there, monkeypatch):
    seal = lakes.signed_for(place, "rl")
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_KEY")
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", seal)
    with pytest.raises(TargetError, match="does not let us create objects") as caught, begun(lakes.store(place)):
        pass
    assert seal.partition("sig=")[2] not in str(caught.value)
    assert list(there.list()) == []


def test_an_endpoint_that_does_not_answer_is_named(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(TargetError, match=r"s3://b/x cannot be reached") as caught, begun(lakes.store("s3://b/x")):
        pass
    assert lakes.ENVIRONMENT["AWS_SECRET_ACCESS_KEY"] not in str(caught.value)


@pytest.mark.parametrize(
    ("method", "why"),
    [
        ("put_new", "overwrites an object that is to be created only if there is none"),
        ("swap", "overwrites an object that has changed since it was read"),
        ("copy_new", "does not keep a copy from overwriting"),
    ],
)
def test_a_store_without_conditional_writes_is_refused_with_the_reason(bucket, monkeypatch, method, why):
    real = getattr(Objects, method)

    def careless(self: Objects, *args: Any, **named: Any) -> bool:
        real(self, *args, **named)
        return True

    monkeypatch.setattr(Objects, method, careless)
    with pytest.raises(TargetError, match=why):
        probing.probe(Objects(address.parsed(bucket.url)))
    assert bucket.keys() == []


def test_a_prefix_of_others_is_refused_by_name(place, there):
    there.put("sub/mine.csv", b"1")
    with (
        pytest.raises(TargetError, match=r"holds files that no load of shardgen wrote: sub/mine\.csv"),
        begun(lakes.store(place)),
    ):
        pass
    assert [each.key for each in there.list()] == ["sub/mine.csv"]
    found = lakes.store(place).inspect(plan(), Terms(), fakes.recipe(), workers=2)
    assert ["sub/mine.csv" in str(problem) for problem in found.problems] == [True]


@pytest.mark.parametrize(
    ("told", "text", "remedy"),
    [
        ("403 Forbidden: <Code>AccessDenied</Code>", "does not let us write (AccessDenied)", Remedy.STOP_LOAD),
        ("PUT http://169.254.169.254/latest/api/token", "set AWS_ACCESS_KEY_ID", Remedy.STOP_LOAD),
        ("403 Forbidden <Code>InvalidAccessKeyId</Code>", "not accepted (InvalidAccessKeyId)", Remedy.STOP_LOAD),
        ("No space left on device (os error 28)", "is full", Remedy.STOP_LOAD),
        ("delete failed for key x: not authorized. (code: 403)", "does not let us write (403)", Remedy.STOP_LOAD),
        ("Invalid Access Key: Invalid symbol 32", "the credentials for s3://b/p cannot be read", Remedy.STOP_LOAD),
        ("503 Service Unavailable <Code>SlowDown</Code>", "is busy (SlowDown)", Remedy.OUTAGE),
        ("something new ?sig=s3cret&x=1", "refused to write: Exception: something new ?sig=***", Remedy.RETRY),
    ],
)
def test_a_refusal_is_told_in_our_words_and_without_secrets(told, text, remedy):
    found = failures.refused(address.parsed("s3://b/p"), "write", Exception(told))
    assert text in str(found)
    assert "s3cret" not in str(found)
    assert (found.remedy, pickle.loads(pickle.dumps(found)).remedy) == (remedy, remedy)


def test_secrets_of_the_environment_are_shown_nowhere(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret-key")
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", "?sv=1&sig=s3cret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "/s3cret-that-looks-like-a-path")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/where/it/lies.json")
    monkeypatch.setenv("PYICEBERG_CATALOG__X__CREDENTIAL", "id:s3cret")
    assert failures.masked("a s3cret-key b ?sv=1&sig=s3cret") == "a *** b ***"
    assert failures.masked("/s3cret-that-looks-like-a-path, id:s3cret") == "***, ***"
    assert failures.masked("no file /where/it/lies.json") == "no file /where/it/lies.json"
    assert failures.masked("at postgresql://me:s3cret@db/x and s3://b/p@1") == "at postgresql://***@db/x and s3://b/p@1"
    assert isinstance(LakeError("x"), StoreError)


def test_without_the_extra_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr("shardgen.machine.installation.installed", lambda _: False)
    with pytest.raises(Exception, match=r"pip install.* 'shardgen\[lake\]'"):
        LakeStore("s3://b/p")


def test_what_another_version_wrote_is_left_alone():
    assert Current.from_bytes(Current().to_bytes()) == Current()
    newer = Current().to_bytes().replace(b'"version": 1', b'"version": 99')
    with pytest.raises(StoreError, match="another version of shardgen"):
        Current.from_bytes(newer)
    with pytest.raises(StoreError, match="is damaged"):
        Current.from_bytes(b"{")


def test_a_key_of_ours_alone_is_hidden_from_readers():
    assert [layout.hidden(key) for key in ("_shardgen/current", "orders/_delta_log/0.json", ".x", "orders/a")] == [
        True,
        True,
        True,
        False,
    ]
    assert folder.LOCK.startswith(layout.ROOT)
    assert replace(Current()) == Current()


def test_a_look_makes_no_folder(tmp_path):
    store = lakes.store(lakes.folder(tmp_path))
    assert store.inspect(plan(), Terms(), fakes.recipe(), workers=2).problems == ()
    assert (store.runs(), list(tmp_path.iterdir())) == ([], [])
