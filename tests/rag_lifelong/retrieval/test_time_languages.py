"""Language files, how a question's language is found, and questions in German and Chinese."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_lifelong.errors import ConfigError
from rag_lifelong.retrieval.time_calendar import LocalTime
from rag_lifelong.retrieval.time_grammar import TimeGrammar, parse_time_intent
from rag_lifelong.retrieval.time_languages import language_of, languages, load_words
from rag_lifelong.temporal import Interval, Precision, year_interval
from rag_lifelong.types import Anchor, AskedFor, CountedFrom, Ordinal, TimeIntent, TimeRelation

ASKED = datetime(2021, 5, 6, 12, tzinfo=UTC)
NONE, NOW, DURING = TimeRelation.NONE, TimeRelation.NOW, TimeRelation.DURING
BEFORE, AFTER, SINCE = TimeRelation.BEFORE, TimeRelation.AFTER, TimeRelation.SINCE

DANISH = r"""
signs = '\b(?:hvem|var|er|i|den)\b'
to = "til"
list_joint = "og"

[leads]
during = ["i"]

[values]

[numbers]
year = '[12][0-9]{3}'

[[patterns]]
reads = "year"
text = '<year>'
"""

READ = [
    ("Wer war im März 2019 Trainer?", DURING, "2019-03-01", "2019-04-01", "Wer war Trainer?"),
    ("Wer war am 3. Mai 2019 Trainer?", DURING, "2019-05-03", "2019-05-04", "Wer war Trainer?"),
    ("Wer war am 5.6.2019 Trainer?", DURING, "2019-06-05", "2019-06-06", "Wer war Trainer?"),
    ("Wer war vor drei Wochen Trainer?", DURING, "2021-04-12", "2021-04-19", "Wer war Trainer?"),
    ("Wer war vor 2015 Trainer?", BEFORE, "0001-01-01", "2015-01-01", "Wer war Trainer?"),
    ("Wer war bis 2015 Trainer?", BEFORE, "0001-01-01", "2016-01-01", "Wer war Trainer?"),
    ("Wer ist seit 2015 Trainer?", SINCE, "2015-01-01", "asked", "Wer ist Trainer?"),
    ("Wer war nach 2015 Trainer?", AFTER, "2016-01-01", "asked", "Wer war Trainer?"),
    ("Wer war von 2004 bis 2021 Trainer?", DURING, "2004-01-01", "2022-01-01", "Wer war Trainer?"),
    ("Wer war Anfang 2020 Trainer?", DURING, "2020-01-01", "2020-05-01", "Wer war Trainer?"),
    ("Wer war Trainer in den 80ern?", DURING, "1980-01-01", "1990-01-01", "Wer war Trainer?"),
    ("Wer war Papst im 19. Jahrhundert?", DURING, "1800-01-01", "1900-01-01", "Wer war Papst?"),
    ("Wer war letzten Sommer Trainer?", DURING, "2020-06-01", "2020-09-01", "Wer war Trainer?"),
    ("Wer kam letztes Wochenende?", DURING, "2021-05-01", "2021-05-03", "Wer kam?"),
    ("谁在2019年3月担任校长？", DURING, "2019-03-01", "2019-04-01", "谁担任校长？"),
    ("谁在二〇一九年担任校长？", DURING, "2019-01-01", "2020-01-01", "谁担任校长？"),
    ("谁在２０１９年担任校长？", DURING, "2019-01-01", "2020-01-01", "谁担任校长？"),
    ("去年谁担任校长？", DURING, "2020-01-01", "2021-01-01", "谁担任校长？"),
    ("上个月谁担任校长？", DURING, "2021-04-01", "2021-05-01", "谁担任校长？"),
    ("三年前谁担任校长？", DURING, "2018-01-01", "2019-01-01", "谁担任校长？"),
    ("二十五年前谁担任校长？", DURING, "1996-01-01", "1997-01-01", "谁担任校长？"),
    ("从2010年到2015年谁担任校长？", DURING, "2010-01-01", "2016-01-01", "谁担任校长？"),
    ("20世纪90年代谁担任校长？", DURING, "1990-01-01", "2000-01-01", "谁担任校长？"),
    ("2020年以后谁担任校长？", AFTER, "2021-01-01", "asked", "谁担任校长？"),
    ("2020年以前谁担任校长？", BEFORE, "0001-01-01", "2020-01-01", "谁担任校长？"),
    ("自2012年以来谁担任校长？", SINCE, "2012-01-01", "asked", "谁担任校长？"),
    ("2020年初谁担任校长？", DURING, "2020-01-01", "2020-05-01", "谁担任校长？"),
    ("上周三谁来了？", DURING, "2021-04-28", "2021-04-29", "谁来了？"),
    ("上周末谁来了？", DURING, "2021-05-01", "2021-05-03", "谁来了？"),
    (
        "他2010年上任。谁在2015年离开？",
        DURING,
        "2015-01-01",
        "2016-01-01",
        "他2010年上任。谁离开？",
    ),
]

OTHER_READINGS = [
    ("Wer ist derzeit Trainer?", NOW, None, None, AskedFor.FACT),
    ("Welche Partei vertritt Frau Mai?", NOW, None, None, AskedFor.FACT),
    ("Wer hat das Rennen gewonnen?", NONE, None, None, AskedFor.FACT),
    ("Wer gewann zum ersten Mal seit 2015?", NONE, None, None, AskedFor.FACT),
    ("Wann wurde sie gebaut?", NONE, None, None, AskedFor.TIME),
    ("Wie hat sich der Preis verändert?", NONE, None, None, AskedFor.TIMELINE),
    ("Wer war der zweite Direktor?", NONE, Ordinal(2, CountedFrom.START), None, AskedFor.FACT),
    ("Wer regierte nach dem Krieg?", NONE, None, Anchor(AFTER, "dem Krieg"), AskedFor.FACT),
    ("目前谁是校长？", NOW, None, None, AskedFor.FACT),
    ("五月天的主唱是谁？", NOW, None, None, AskedFor.FACT),
    ("谁发现了洞穴？", NONE, None, None, AskedFor.FACT),
    ("桥是何时建成的？", NONE, None, None, AskedFor.TIME),
    ("票价是怎么变化的？", NONE, None, None, AskedFor.TIMELINE),
    ("谁是第二任校长？", NONE, Ordinal(2, CountedFrom.START), None, AskedFor.FACT),
    ("战争期间谁是校长？", NONE, None, Anchor(DURING, "战争"), AskedFor.FACT),
]


def parse(question: str) -> TimeIntent:
    return parse_time_intent(question, asked_at=ASKED)


def instant(text: str) -> datetime:
    return ASKED if text == "asked" else datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("question", "relation", "start", "end", "topic"), READ)
def test_a_time_in_another_language_is_read_and_cut(
    question: str, relation: TimeRelation, start: str, end: str, topic: str
) -> None:
    intent = parse(question)
    assert (intent.relation, intent.window) == (relation, Interval(instant(start), instant(end)))
    assert intent.topic == topic


@pytest.mark.parametrize(("question", "relation", "ordinal", "anchor", "asks"), OTHER_READINGS)
def test_what_is_no_date_is_read_in_another_language(
    question: str,
    relation: TimeRelation,
    ordinal: Ordinal | None,
    anchor: Anchor | None,
    asks: AskedFor,
) -> None:
    intent = parse(question)
    assert (intent.relation, intent.ordinal, intent.anchor, intent.asks) == (
        relation,
        ordinal,
        anchor,
        asks,
    )


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Who was mayor in 2019?", "en"),
        ("2019", "en"),
        ("", "en"),
        ("Who is 习近平?", "en"),
        ("Wer war 2019 Bürgermeister?", "de"),
        ("Was geschah in den letzten zwei Monaten?", "de"),
        ("谁是Theresa May的丈夫？", "zh"),
    ],
)
def test_the_language_is_found_in_the_question(question: str, language: str) -> None:
    assert language_of(question) == language


def test_the_language_named_counts() -> None:
    one = parse_time_intent("Trainer vor 2015", asked_at=ASKED, language="de")
    assert one.relation is BEFORE
    with pytest.raises(ValueError, match=r"no words of 'xx' \(known: en, de, zh"):
        parse_time_intent("Who?", asked_at=ASKED, language="xx")


def test_a_new_language_is_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "da.toml"
    path.write_text(DANISH, encoding="utf-8")
    grammar = TimeGrammar(load_words(path))
    intent = grammar.parse("Hvem var borgmester i 2019?", asked=LocalTime(ASKED, UTC))
    assert (intent.relation, intent.window) == (DURING, year_interval(2019))
    assert intent.precision is Precision.YEAR


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('to = "til"', 'to = "("', r"da.toml: to: .*not a regular expression"),
        ('to = "til"', "", r"da.toml: to: Field required"),
        ('to = "til"', 'to = "til"\ntoo = 1', r"da.toml: too: Unexpected"),
        ('to = "til"', 'to = "til', r"da.toml is not TOML"),
        ('during = ["i"]', 'inside = ["i"]', r"da.toml: leads.i: Input should be 'as_of'"),
        ('during = ["i"]', 'during = "i"', r"da.toml: leads: expected a list of words"),
        ('reads = "year"', 'reads = "yeer"', r"da.toml: patterns.0.reads: .*no such reading"),
        ("text = '<year>'", "text = '<yeer>'", r"da.toml: patterns.0.text: <yeer> is in no table"),
        ("text = '<year>'", "text = '<year> <year>'", r"da.toml: patterns.0.text: redefinition"),
        ("text = '<year>'", "text = '<year>'\ntrap = 'x'", r"da.toml: patterns.0.trap: "),
        (
            "[values]",
            "[values]\n[[ordinals]]\ncounted_from = 'end'\ntext = 'x'",
            "no <place> in it",
        ),
        (
            "[values]",
            "[values]\n[[anchors]]\nrelation = 'now'\ntext = 'x'",
            r"da.toml: anchors.0.relation: ",
        ),
        ("[values]", '[parts]\n"3/2" = ["sent"]\n[values]', r"da.toml: parts: .*not a part: '3/2'"),
    ],
)
def test_a_wrong_file_is_refused_by_file_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "da.toml"
    assert old in DANISH
    path.write_text(DANISH.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_words(path)


def test_importing_the_grammar_imports_no_heavy_library() -> None:
    code = (
        "import sys, rag_lifelong.retrieval.time_grammar;"
        "print([m for m in ('numpy', 'torch', 'babel', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


PIECES = st.sampled_from(
    [word for row in (*READ, *OTHER_READINGS) for word in row[0].split()]
    + list("年月日前后在从到的初末第一二十两〇世纪周上去今，。")
    + [" ", ".", "2019", "31", "12", "er", "Jahrhundert", "vor", "bis"]
)


@given(st.lists(PIECES, max_size=15).map("".join), st.sampled_from(sorted(languages())))
def test_any_text_is_read_soundly_in_any_language(text: str, language: str) -> None:
    intent = parse_time_intent(text, asked_at=ASKED, language=language)
    assert intent == parse_time_intent(text, asked_at=ASKED, language=language)
    assert (intent.window is None) == (intent.relation is NONE) == (intent.precision is None)
    assert intent.phrase in text
    assert intent.anchor is None or intent.anchor.event in text
    if intent.window is not None:
        assert intent.window.start <= intent.window.end
