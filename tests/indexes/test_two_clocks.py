"""What holds when, and what was known when."""

from __future__ import annotations

from indexes.snapshot import StoreSnapshot
from rag_lifelong.types import Completed, Gone, Redirect, RevisionOrder
from tests.indexes.conftest import TinyStore, document, instant, time_filter, vector

WIKI = RevisionOrder.VALID_TIME


def test_as_of_picks_the_revision_of_its_day(store: TinyStore):
    store.add(
        document("page", "2010-05-11", "Cameron", order=WIKI),
        document("page", "2016-07-13", "May", order=WIKI),
        document("page", "2019-07-24", "Johnson", order=WIKI),
    )
    assert store.texts(as_of="2012") == {"Cameron"}
    assert store.texts(as_of="2016-07-12") == {"Cameron"}
    assert store.texts(as_of="2016-07-13") == {"May"}
    assert store.texts(as_of="2024") == {"Johnson"}
    assert store.texts(as_of="2009") == set()


def test_as_of_a_period_takes_the_newest_revision_in_it(store: TinyStore):
    store.add(
        document("page", "2016-01-01", "early", order=WIKI),
        document("page", "2016-07-13", "late", order=WIKI),
    )
    assert store.texts(as_of="2016") == {"late"}
    assert store.texts(between="2016") == {"early", "late"}


def test_revisions_that_arrive_out_of_order_end_up_as_if_in_order(store: TinyStore):
    store.add(document("page", "2019-07-24", "Johnson", order=WIKI))
    store.add(document("page", "2010-05-11", "Cameron", order=WIKI))
    store.add(document("page", "2016-07-13", "May", order=WIKI))
    assert store.texts(as_of="2012") == {"Cameron"}
    assert store.texts(as_of="2017") == {"May"}
    assert store.texts(as_of="2020") == {"Johnson"}


def test_known_at_answers_as_the_store_could_have_then(store: TinyStore):
    store.add(document("page", "2010-05-11", "Cameron", order=WIKI))  # recorded 2026-01-02
    store.add(document("page", "2016-07-13", "May", order=WIKI))  # recorded 2026-01-03
    assert store.texts(as_of="2020", known_at="2026-01-01T12:00:00") == set()
    assert store.texts(as_of="2020", known_at="2026-01-02T12:00:00") == {"Cameron"}
    assert store.texts(as_of="2020", known_at="2026-01-04") == {"May"}


def test_an_edited_file_replaces_what_it_said_about_the_same_time(store: TinyStore):
    store.add(document("file", "2015-05-01", "a tyop"))  # recorded 2026-01-02
    store.add(document("file", "2015-05-01", "a typo"))  # recorded 2026-01-03
    assert store.texts(as_of="2016") == {"a typo"}
    assert store.texts(as_of="2016", known_at="2026-01-02T12:00:00") == {"a tyop"}


def test_a_file_with_an_older_date_still_replaces_the_newer_one(store: TinyStore):
    store.add(document("file", "2020", "from 2020"))
    store.add(document("file", "2018", "from 2018"))
    assert store.texts(as_of="2021") == {"from 2018"}
    assert store.texts(as_of="2017") == set()


def test_a_newer_file_keeps_the_history_before_it(store: TinyStore):
    store.add(document("file", "2018", "from 2018"))
    appended = store.add(document("file", "2020", "from 2020"))
    assert (appended.added, appended.updated) == (0, 1)
    assert store.texts(as_of="2019") == {"from 2018"}
    assert store.texts(as_of="2021") == {"from 2020"}


def test_a_file_may_go_back_to_what_it_was(store: TinyStore):
    store.add(document("file", "2018", "A"))
    store.add(document("file", "2019", "B"))
    store.add(document("file", "2020", "A", revision_id="A again"))
    assert store.texts(as_of="2021") == {"A"}
    assert store.texts(as_of="2019-06") == {"B"}


def test_a_year_only_date_holds_from_that_year_on(store: TinyStore):
    store.add(document("file", "2019", "some time in 2019"))
    assert store.texts(as_of="2018-12-31") == set()
    assert store.texts(as_of="2019-01-01") == {"some time in 2019"}
    with StoreSnapshot(store.path) as snapshot:
        [hit] = snapshot.search_dense(vector("x"), time_filter(), 1)
        [chunk] = snapshot.chunks([hit.chunk_no], None)
    assert str(chunk.date) == "2019"


def test_a_source_that_is_gone_ends_its_documents_and_keeps_their_history(store: TinyStore):
    store.add(document("file", "2015", "here"), Completed("file", "f1", frozenset({"file"})))
    assert store.add(Gone("file")).closed == 1  # 2026-01-03
    assert store.texts(as_of="2026-01-02") == {"here"}
    assert store.texts(as_of="2026-02-01") == set()
    assert store.texts(as_of="2026-02-01", known_at="2026-01-02T12:00:00") == {"here"}
    with StoreSnapshot(store.path) as snapshot:
        assert snapshot.fingerprint("file") is None
        assert snapshot.status().documents == 0


def test_a_record_missing_from_a_reread_file_is_closed(store: TinyStore):
    both = [document(f"f#{n}", "2015", f"row {n}", origin="f") for n in (1, 2)]
    store.add(*both, Completed("f", "v1", frozenset({"f#1", "f#2"})))
    appended = store.add(both[0], Completed("f", "v2", frozenset({"f#1"})))
    assert (appended.unchanged, appended.closed) == (1, 1)
    assert store.texts(as_of="2027") == {"row 1"}


def test_a_file_that_returns_holds_again(store: TinyStore):
    one = document("file", "2015", "here")
    store.add(one, Completed("file", "v1", frozenset({"file"})))
    store.add(Gone("file"))
    store.add(one, Completed("file", "v1", frozenset({"file"})))
    assert store.texts(as_of="2027") == {"here"}


def test_a_clock_set_back_does_not_reorder_what_was_known(store: TinyStore):
    from datetime import UTC, datetime

    store.add(document("a", "2015", "first"))
    store.clock.time = datetime(1990, 1, 1, tzinfo=UTC)
    store.add(document("b", "2015", "second"))
    assert store.texts(known_at="2026-01-02T00:00:00") == {"first"}
    assert store.texts(known_at="2026-01-02T00:00:01") == {"first", "second"}


def target(store: TinyStore, title: str, **times: str) -> str | None:
    with StoreSnapshot(store.path) as snapshot:
        return snapshot.redirect_target(title, time_filter(**times))


def test_a_redirect_is_known_from_when_it_was_recorded(store: TinyStore):
    store.add(Redirect("PM of the UK", "Prime Minister of the United Kingdom", instant("2003")))
    assert target(store, "pm of the uk") == "Prime Minister of the United Kingdom"
    assert target(store, "pm of the uk", known_at="2025") is None


def test_a_redirect_counts_from_when_its_source_says(store: TinyStore):
    store.add(Redirect("The PM", "Boris Johnson", instant("2019-07-24")))
    assert target(store, "The PM", as_of="2019-07-23") is None
    assert target(store, "The PM", as_of="2019-07-24") == "Boris Johnson"
    assert target(store, "The PM", between="2018") is None
    assert target(store, "The PM", between="2019") == "Boris Johnson"


def test_a_redirect_without_a_date_counts_from_when_it_was_recorded(store: TinyStore):
    store.add(Redirect("The PM", "Boris Johnson"))
    assert target(store, "The PM", as_of="2025") is None
    assert target(store, "The PM", as_of="2026") == "Boris Johnson"


def test_the_newest_redirect_of_the_time_counts_in_whatever_order_they_came(store: TinyStore):
    store.add(Redirect("The PM", "Boris Johnson", instant("2019-07-24")))
    store.add(Redirect("The PM", "Theresa May", instant("2016-07-13")))
    store.add(Redirect("The PM", "Boris Johnson", instant("2021")))
    assert target(store, "The PM", as_of="2018") == "Theresa May"
    assert target(store, "The PM") == "Boris Johnson"
    assert target(store, "The PM", as_of="2018", known_at="2026-01-02T12:00:00") is None
