"""Wikitext: what a reader keeps of it."""

import time

import pytest

from ingest import wikitext
from ingest.wikitext import clean
from rag_lifelong.types import Section


def _text(source: str) -> str:
    return clean(source)[0]


def test_an_infobox_becomes_key_value_lines_before_the_text() -> None:
    source = """{{Use dmy dates|date=May 2015}}
{{Infobox building
| name     = Mill Tower<ref>{{cite web|url=x|title=y}}</ref>
| image    = tower.jpg
| opened   = {{Start date|2010|1|4|df=y}}
| height   = {{convert|828|m|ft|0|abbr=on}}
| architects = {{plainlist|
* [[Ada Smith|A. Smith]]
* B. Jones
}}
| map_caption = here
| empty    =
}}
'''Mill Tower''' is a tower."""
    assert _text(source) == (
        "name: Mill Tower\nopened: 4 January 2010\nheight: 828 m\n"
        "architects: A. Smith, B. Jones\n\nMill Tower is a tower."
    )


def test_a_box_of_another_language_is_known_by_its_shape() -> None:
    source = "{{Личност\n| име = Иван\n| роден = 1850\n| починал = 1921\n| град = Русе\n}}\nИван."
    assert _text(source) == "име: Иван\nроден: 1850\nпочинал: 1921\nград: Русе\n\nИван."


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("in {{start date|2010|1}}", "in January 2010"),
        ("in {{birth date and age|1961|8|4}}", "in 4 August 1961"),
        ("in {{birth year and age|1961}}", "in 1961"),
        ("{{as of|2015|6}}, two", "As of June 2015, two"),
        ("{{convert|5|to|7|km|mi}} long", "5 to 7 km long"),
        ("{{convert|3,000|ft}} long", "3,000 ft long"),
        ("{{lang|fr|chat}} and {{lang-de|Katze}}", "chat and Katze"),
        ("{{circa|1500}}", "c. 1500"),
        ("{{nowrap|two words}}", "two words"),
        ("{{frac|3|1|2}}", "3 1/2"),
        ("{{flag|France}} {{flagicon|France}}won", "France won"),
        ("{{sort|001|first}}", "first"),
        ("1990{{ndash}}1995", "1990 – 1995"),
        ("so{{citation needed|date=May 2015}}.", "so."),
        ("a {{unknown thing|x=1|y}} b", "a b"),
        ("{{formatnum:1234}} men", "1234 men"),
    ],
)
def test_templates_that_carry_facts_are_kept_and_others_dropped(source: str, expected: str) -> None:
    assert _text(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[[Rome]], [[Rome|the city]], [[Rome#History|past]]", "Rome, the city, past"),
        ("[[File:a.jpg|thumb|A [[Rome]] view]]text [[Category:Towns]]", "text"),
        ("[[Datei:a.jpg|mini|x]]text [[:Category:Towns]]", "text Category:Towns"),
        ("see [http://x.example a site] and [http://x.example]", "see a site and"),
        ("a<ref name=\"n/a\" />b<ref>c [[d]]</ref>e<!-- f -->g", "abeg"),
        ("a<ref>open and b<ref>c</ref>", "aopen and b"),
        ("H<sub>2</sub>O is <b>wet</b>", "H2O is wet"),
        ("x <math>a^2</math> y<gallery>\nA.jpg|b\n</gallery>", "x y"),
        ("'''bold''' ''italic'' &amp; &#91;1&#93;&nbsp;m", "bold italic & [1] m"),
        ("Rome ({{IPA|x}}; born) and ({{IPA|y}}) it", "Rome (born) and it"),
        ("* one\n** two\n# three\n; term : def", "- one\n- two\n- three\nterm: def"),
        ("__NOTOC__a<br />b", "a\nb"),
        ("<nowiki>[[raw]]</nowiki>", "raw"),
        ("{{{1|x}}}a", "a"),
    ],
)  # fmt: skip
def test_markup_becomes_plain_text(source: str, expected: str) -> None:
    assert _text(source) == expected


def test_a_table_row_is_one_line() -> None:
    source = """{| class="wikitable"
|+ Winners
! Year !! Name
|-
| style="x" | 2010 || [[Ada|A. Smith]]<br />B. Jones
|-
| 2011
| {{flag|France}}
|}
after"""
    assert _text(source) == (
        "| + Winners | Year | Name |\n| 2010 | A. Smith, B. Jones |\n| 2011 | France |\n\nafter"
    )


def test_headings_are_sections_and_link_sections_are_dropped() -> None:
    source = """Lead.
== History ==
Old.
=== Opening ===
Opened.
== References ==
{{reflist}}
=== Notes ===
dropped
== Today ==
Stands.
== External links ==
* [http://x y]
"""
    text, sections, _ = clean(source)
    assert text == "Lead.\n\nOld.\n\nOpened.\n\nStands."
    assert sections == (
        Section(0, ()),
        Section(7, ("History",)),
        Section(13, ("History", "Opening")),
        Section(22, ("Today",)),
    )


@pytest.mark.parametrize(
    "markup",
    ["{{", "[[", "{|\n", "{|\n|-\n|", "<ref>", "<!--", "{{{a|", "{{a|", "{{a|b=", "[[a|",
     "[[File:a|", "''", "=", "* ", "<div ", "<div>", "(", "== h", "[http://", "[mailto:a ",
     ":;", "<math><gallery>", "{{Infobox\n|a=", "{{a}} {{", "{{a|[[b}}", "]]", "}}{{a|",
     "{{{a}}}", "\n ", "&#", "["],
)  # fmt: skip
def test_hostile_markup_takes_time_in_proportion(markup: str) -> None:
    started = time.perf_counter()
    clean(markup * (40_000 // len(markup)) + "tail")
    # Unguarded, several of these take minutes; the bound is wide for slow machines.
    assert time.perf_counter() - started < 5


def test_a_page_that_breaks_the_parser_is_cleaned_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_source: str) -> None:
        raise SystemError("tokenizer exited with an error")

    monkeypatch.setattr(wikitext, "_tokenize", fail)
    text, sections, _ = clean("{{box|a={{b}}}}'''Rome''' is [[city|a city]].\n== Past ==\nOld.")
    assert text == "Rome is a city.\n\nOld."
    assert sections == (Section(0, ()), Section(17, ("Past",)))


def test_a_page_over_the_limit_is_cleaned_without_the_parser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wikitext, "_MAX_PARSED_CHARS", 10)
    assert _text("'''Rome''' is [[city|a city]].") == "Rome is a city."


def test_nothing_remains_of_nothing() -> None:
    assert clean("") == ("", (), "")
    assert clean("{{stub}}\n<!-- x -->") == ("", (), "")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("{{Infobox officeholder\n| name = A\n| office = Mayor\n}}", "officeholder"),
        ("{{Use dmy dates}}{{Infobox settlement/Wikidata|name=A}}", "settlement"),
        ("{{Infobox_football biography 2|name=A}}", "football biography"),
        ("{{Infobox person|name=A}}{{Infobox writer|genre=b}}", "person"),
        ("{{Infobox|name=A}}", ""),
        ("{{Geobox|River|name=A}}", "river"),
        ("{{Taxobox|name=A|genus=B}}", "species"),
        ("{{Инфокутия за населено място|име=A}}", "населено място"),
        ("{{convert|5|km}} long {{quote|x}}", ""),
    ],
)
def test_the_first_infobox_tells_what_kind_of_thing_a_page_is_about(source: str, kind: str) -> None:
    assert clean(source).kind == kind


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{nowrap|1=a=b}} c", "a=b c"),
        ("{{a|b={{lang|fr|c}}|[[d|e]]}}{{lang|fr|[[chat|cats]]}}", "cats"),
        ("[[a|b=c]] [[A:B|c]] [[a#b]] [[a#b|c]] [[ |x]] [[a| ]]", "b=c c a § b c x a"),
        ("{{Infobox x|a=[[b|c=d]]|e=[[f]]}}g", "a: c=d\ne: f\n\ng"),
        (":: deep\n:*;item\n#one", "deep\n- item\n- one"),
        (":: {| class=x\n| a || b\n|}", "| a | b |"),
        ("[single] [[[triple]]]", "[single] [triple]"),
    ],
)
def test_what_is_read_before_parsing_is_read_alike(source: str, expected: str) -> None:
    assert _text(source) == expected
