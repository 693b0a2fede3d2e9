"""The whole line with fake models: files in, dated answers out, only what changed embedded."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag_lifelong.errors import SourceError
from rag_lifelong.sourcing import open_sources
from rag_lifelong.temporal import parse_when
from tests.rag_lifelong.conftest import House


def test_an_answer_cites_what_held_at_the_time(house: House):
    house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.write("b.md", "The mayor of Springfield is Bo Cruz.", "2020-03-01")
    report = house.ingest()
    assert (report.added, report.chunks_embedded) == (2, 2)
    house.answers += ["Ann Lee", "Bo Cruz"]
    then = house.system.ask("Who is the mayor of Springfield?", as_of=parse_when("2015")[0])
    assert then.text == "Ann Lee"
    assert [str(e.chunk.date) for e in then.evidence] == ["2010-03-01"]
    now = house.system.ask("Who is the mayor of Springfield?")
    assert now.text == "Bo Cruz"
    assert "Ann" not in house.reader.prompts[-1].user


def test_nothing_after_the_time_asked_about_is_shown_to_the_reader(house: House):
    house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.write("b.md", "The canary of Springfield sings: mayor Bo Cruz.", "2020-03-01")
    house.ingest()
    for flags in ({"as_of": parse_when("2015")[0]}, {"between": parse_when("2015")[0]}):
        given = house.system.ask("Who is the mayor of Springfield in 2021?", **flags)
        assert all("canary" not in e.chunk.text for e in given.evidence)
    assert all("canary" not in prompt.user for prompt in house.reader.prompts)


def test_a_source_out_of_reach_does_not_keep_the_others_from_being_read(house: House):
    house.write("b.md", "The mayor of Springfield is Bo Cruz.", "2020-03-01")
    away = house.notes.parent / "away"
    away.mkdir()
    sources = open_sources([str(away), str(house.notes)], house.system.config, house.clock)
    away.rmdir()
    with pytest.raises(SourceError, match="no such file or folder"):
        house.system.update(sources)
    assert house.system.status()[0].documents == 1


def test_words_cannot_fetch_what_a_between_shuts_out(house: House):
    path = house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.ingest()
    path.write_text("---\ntitle: a.md\ndate: 2014\n---\nThe mayor of Springfield is Bo Cruz.")
    house.ingest()
    given = house.system.search(
        "Who was mayor of Springfield in 2012?", limit=5, between=parse_when("2015")[0]
    )
    assert [e.chunk.text for e in given.evidence] == ["The mayor of Springfield is Bo Cruz."]


def test_words_of_the_question_prefer_their_time(house: House):
    house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.write("b.md", "The mayor of Springfield is Bo Cruz.", "2020-03-01")
    house.ingest()
    house.answers += ["Ann Lee"]
    given = house.system.ask("Who was the mayor of Springfield in 2015?")
    assert given.evidence[0].chunk.text.endswith("Ann Lee.")
    assert "2015" in given.time.parsed
    assert given.time.relaxed is None


def test_a_time_without_evidence_is_relaxed_and_said(house: House):
    house.write("b.md", "The mayor of Springfield is Bo Cruz.", "2020-03-01")
    house.ingest()
    house.answers += ["Bo Cruz"]
    given = house.system.ask("Who was the mayor of Springfield in 1999?")
    assert given.time.relaxed.startswith("nothing found during 1999-01-01 to 1999-12-31")


def test_a_flag_never_relaxes(house: House):
    house.write("b.md", "The mayor of Springfield is Bo Cruz.", "2020-03-01")
    house.ingest()
    given = house.system.ask("Who is the mayor of Springfield?", as_of=parse_when("1999")[0])
    assert given.abstained
    assert given.evidence == ()
    assert given.reason == "nothing in the store for 1999-01-01 to 1999-12-31"
    assert house.reader.prompts == []


def test_known_at_answers_as_was_known(house: House):
    path = house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.ingest()  # 2026-01-02
    path.write_text(path.read_text().replace("Ann Lee", "Bo Cruz"))
    house.ingest()  # 2026-01-03
    known = datetime(2026, 1, 2, 12, tzinfo=UTC)
    then = house.system.search("mayor of Springfield", limit=5, known_at=known)
    now = house.system.search("mayor of Springfield", limit=5)
    assert [e.chunk.text for e in then.evidence] == ["The mayor of Springfield is Ann Lee."]
    assert [e.chunk.text for e in now.evidence] == ["The mayor of Springfield is Bo Cruz."]


def test_ingesting_again_embeds_nothing(house: House):
    for n in range(5):
        house.write(f"{n}.md", f"note {n}", "2020")
    house.ingest()
    report = house.ingest()
    assert (report.added, report.updated, report.unchanged) == (0, 0, 5)
    assert house.embedder.embedded == []


def test_only_the_changed_chunks_of_a_changed_file_are_embedded(house: House):
    paragraphs = [f"Paragraph {n} tells about topic {n * 7919}. " * 6 for n in range(60)]
    path = house.write("long.md", "\n\n".join(paragraphs), "2020")
    first = house.ingest()
    paragraphs[10] = "Something else stands here now. " * 8
    path.write_text("---\ntitle: long.md\ndate: 2021\n---\n" + "\n\n".join(paragraphs))
    second = house.ingest()
    assert second.updated == 1
    assert first.chunks_embedded > 30
    assert 1 <= second.chunks_embedded <= 4
    assert second.chunks_embedded == len(house.embedder.embedded)


def test_a_file_that_is_gone_is_closed_and_its_history_kept(house: House):
    path = house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.write("b.md", "The bridge is open.", "2011")
    house.ingest()
    path.unlink()
    assert house.ingest().closed == 1
    past = house.system.search("mayor", limit=5, as_of=parse_when("2012")[0])
    now = house.system.search("mayor Springfield Ann Lee", limit=5)
    assert any("Ann Lee" in e.chunk.text for e in past.evidence)
    assert all("Ann Lee" not in e.chunk.text for e in now.evidence)


def test_a_bad_file_is_skipped_by_name_and_the_rest_is_kept(house: House):
    house.write("good.md", "fine", "2020")
    (house.notes / "bad.pdf").write_bytes(b"no pdf at all")
    (house.notes / "empty.txt").touch()
    (house.notes / "broken.json").write_text("{")
    (house.notes / "cut.xml.bz2").write_bytes(b"BZh91AY&SY")
    report = house.ingest()
    assert report.added == 1
    skipped = {Path(s.uri).name: s.reason for s in report.skipped}
    assert set(skipped) == {"bad.pdf", "empty.txt", "broken.json", "cut.xml.bz2"}
    assert skipped["bad.pdf"] == "not a PDF file"
    assert "bz2" in skipped["cut.xml.bz2"]


def test_a_missing_path_stops_before_anything_is_ingested(house: House):
    house.write("good.md", "fine", "2020")
    with pytest.raises(SourceError, match=r"no such file or folder: .*nowhere"):
        house.ingest(house.notes, house.notes / "nowhere")
    assert not house.system.config.store.exists()


def test_an_answer_that_is_not_in_the_evidence_is_not_given(house: House):
    house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.ingest()
    house.answers += ["Homer Simpson"]
    given = house.system.ask("Who is the mayor of Springfield?")
    assert given.abstained
    assert given.text == "not in the sources"
    assert "'Homer Simpson' is not in the evidence" in given.reason
    assert given.confidence == 0.0
    assert len(house.reader.prompts) == 1  # what its words rule out is not asked about again


def test_an_answer_the_reader_does_not_confirm_is_not_given(house: House):
    house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.ingest()
    house.answers += ["Springfield"]
    house.check = "No"
    given = house.system.ask("Who is the mayor of Springfield?")
    assert given.abstained
    assert given.confidence == 0.0
    assert "not sure of 'Springfield'" in given.reason


def test_small_numbers_agree_in_words_and_digits(house: House):
    house.write("a.md", "Springfield has three bridges.", "2010-03-01")
    house.ingest()
    house.answers += ["3"]
    assert house.system.ask("How many bridges has Springfield?").text == "3"


@pytest.mark.parametrize("said", ["", "unknown", "Not mentioned.", "It is not stated."])
def test_a_reader_that_does_not_know_makes_an_abstention(house: House, said: str):
    house.write("a.md", "The mayor of Springfield is Ann Lee.", "2010-03-01")
    house.ingest()
    house.answers += [said]
    assert house.system.ask("Who is the mayor of Springfield?").abstained


def test_a_crash_between_batches_keeps_the_first_and_resumes(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    from ingest import pipeline

    monkeypatch.setattr(pipeline, "BATCH_TEXTS", 2)
    for n in range(6):
        house.write(f"{n}.md", f"note {n}", "2020")
    embed = house.embedder.embed

    def fail_at_note_3(texts):
        if any("note 3" in text for text in texts):
            raise RuntimeError("power")
        return embed(texts)

    monkeypatch.setattr(house.embedder, "embed", fail_at_note_3)
    with pytest.raises(RuntimeError, match="power"):
        house.ingest()
    assert house.system.status()[0].documents == 2
    monkeypatch.undo()
    report = house.ingest()
    assert (report.unchanged, report.added) == (2, 4)
    assert len(house.embedder.embedded) == 4


def test_a_store_without_documents_says_so(house: House):
    house.write("skip.xyz", "x")
    house.ingest()
    given = house.system.ask("Who is the mayor?")
    assert given.abstained
    assert given.reason == "nothing in the store yet"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_skipped_by_name(house: House):
    path = house.write("secret.md", "x", "2020")
    path.chmod(0)
    [skipped] = house.ingest().skipped
    assert skipped.uri.endswith("secret.md")
    assert "permission denied" in skipped.reason


def test_the_days_of_a_question_are_those_of_the_configured_zone(house: House):
    house.write("gate.md", "The gate of Springfield is open.", "2020")
    house.ingest()
    house.clock.advance(datetime(2026, 5, 6, 22, tzinfo=UTC) - house.clock())
    for zone, yesterday in {"UTC": "2026-05-05", "Asia/Tokyo": "2026-05-06"}.items():
        system = house.system.sharing_models(
            house.system.config.model_copy(update={"timezone": zone})
        )
        parsed = system.search("Was the gate open yesterday?", limit=1).time.parsed
        assert parsed == f"'yesterday': during {yesterday}"
