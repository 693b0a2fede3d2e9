"""The English words of time, as data; another language is another `TimeWords`.

A pattern is a regular expression with three signs more: `<slot>` is a word or number with a value
(`<slot:table>` takes it from another table), a space is any white space, `~` any hyphen or short
dash. Matching ignores case. Knows nothing of the calendar.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from rag_lifelong.retrieval.time_calendar import Unit


class Lead(Enum):
    """What the preposition before a date makes of it."""

    AS_OF = auto()
    DURING = auto()
    OF = auto()
    """Belongs to the noun before it: "the World Cup of 2014"."""
    BEFORE = auto()
    UNTIL = auto()
    AFTER = auto()
    SINCE = auto()
    FROM = auto()
    BETWEEN = auto()


class Kind(Enum):
    """How much a pattern says by itself."""

    DATE = auto()
    """A date of the calendar."""
    PARTIAL = auto()
    """Lacks its year: needs a preposition, or a fuller date at the other end of a range."""
    RELATIVE = auto()
    """Counted from the time of the question."""
    NOW = auto()


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to write a time.

    Attributes:
        reads: Name of the reading in `time_grammar` that turns the slots into an interval.
        text: The pattern.
        kind: How much it says by itself.
        trap: Name of the check in `time_grammar` that tells it from a name or a number.
        takes_lead: Whether a preposition before it is part of the time.
    """

    reads: str
    text: str
    kind: Kind = Kind.DATE
    trap: str = ""
    takes_lead: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWords:
    """A language's words of time.

    Attributes:
        leads: Prepositions; one that ends in "-" is a prefix.
        article: What between a preposition and a date binds the date to the noun that follows,
            as in "in the 2014 World Cup".
        values: Value of each word a slot may hold.
        numbers: Digits each slot may hold, as regular expressions.
        fillers: Slots without a value.
        parts: Words for a part of a period, as (index, count).
        patterns: Every way to write a time; of those that match at one place, the first counts.
        to: What joins the two ends of a range.
        list_joint: What joins dates that are meant together.
        onwards: What after a date makes it a beginning.
        number_labels: What before a number makes it no year.
        counted: What after a number makes it no year.
        edition: What after a year makes it the year of an edition.
        surname_months: Months that are also surnames.
        verb_months: Months that in lower case are also verbs.
        clause_start: What may follow a bare month, in lower case, so that it is no name or verb.
        asks_time: Questions whose answer is a time.
        past: Verbs of the past tense.
        past_ending: How other verbs of the past end.
        present: Verbs of the present tense.
        present_verb: A question word and the present verb after it.
    """

    leads: Mapping[str, Lead]
    article: str
    values: Mapping[str, Mapping[str, int]]
    numbers: Mapping[str, str]
    fillers: Mapping[str, str]
    parts: Mapping[str, tuple[int, int]]
    patterns: tuple[Pattern, ...]
    to: str
    list_joint: str
    onwards: str
    number_labels: str
    counted: str
    edition: str
    surname_months: frozenset[int]
    verb_months: frozenset[int]
    clause_start: str
    asks_time: str
    past: frozenset[str]
    past_ending: str
    present: frozenset[str]
    present_verb: str


def _numbered(words: str, first: int = 1, step: int = 1) -> dict[str, int]:
    return {word: first + i * step for i, word in enumerate(words.split())}


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MONTHS = _numbered(
    "january february march april may june july august september october november december"
)
_SHORT_MONTHS = _numbered("jan feb mar apr may jun jul aug sep oct nov dec") | {"sept": 9}
_SEASONS = {"spring": 0, "summer": 1, "autumn": 2, "fall": 2, "winter": 3}
_WEEKDAYS = _numbered("monday tuesday wednesday thursday friday saturday sunday", 0)
_UNITS = {
    name + plural: unit.value
    for unit in Unit
    for name, plural in (
        (unit.name.lower(), ""),
        (unit.name.lower().removesuffix("y"), "ies")
        if unit is Unit.CENTURY
        else (unit.name.lower(), "s"),
    )
}
_LONG_UNITS = {word: value for word, value in _UNITS.items() if value >= Unit.WEEK}
_NUMBERS = (
    _numbered(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen"
    )
    | _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
    | {"a": 1, "an": 1, "a couple of": 2, "couple of": 2, "couple": 2}
    | {"a few": 3, "few": 3, "several": 5, "a hundred": 100, "one hundred": 100}
)
_NUMBERS |= {
    f"{tens}{joint}{ones}": i + j
    for tens, i in _numbered(
        "twenty thirty forty fifty sixty seventy eighty ninety", 20, 10
    ).items()
    for ones, j in _numbered("one two three four five six seven eight nine").items()
    for joint in (" ", "-")
}
_ORDINALS = _numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first"
)
_WHICH = {"last": -1, "this": 0, "next": 1}

_PATTERNS = (
    # Full dates.
    Pattern(
        "day",
        "<year>-<month:digits>-<day>t[0-9:.]*[0-9](?:z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    ),
    Pattern("day", "<year>-<month:digits>-<day>"),
    Pattern("day", "<year>/<month:digits>/<day>"),
    Pattern("days", "<day><th>? ?(?:~|to|and) ?<last_day:day><th>? <month>,? <year>"),
    Pattern("days", "<month> <day><th>? ?(?:~|to|and) ?<last_day:day><th>?,? <year>"),
    Pattern("day", "(?:the )?<day><th>?(?: of)? <month>(?:,| of)? <year>"),
    Pattern("day", "<month> (?:the )?<day><th>?,? <year>"),
    # Years that run over: "2004-2008", "2018/19"; "2010-11" alone is November.
    Pattern("years", "<year> ?~ ?<to_year:year>", trap="year"),
    Pattern("years", "<year>[/\u2013]<to_year:short_year>", trap="year"),
    Pattern("years", "<year>-<to_year:short_year>(?= <season_noun>)"),
    Pattern("month", "<year>-<month:iso_month>"),
    Pattern("years", "<year>-<to_year:short_year>", trap="year"),
    # Quarters, halves, seasons and months of a year.
    Pattern("quarter", "(?:the )?q<quarter>(?: of|,)? ?(?:fy ?)?<year>"),
    Pattern("quarter", "<year>[ -]?q<quarter>"),
    Pattern("quarter", "(?:the )?<quarter:quarter_word> quarter(?: of|,)? <year>"),
    Pattern("half", "h<half>(?: of)? ?<year>"),
    Pattern("season", "(?:the )?<season>(?: of|,)? <year>(?:[-/][0-9]{2})?"),
    Pattern("month", "the month of <month>(?:,| of)? <year>"),
    Pattern("month", "<month>(?:,| of)? <year>", trap="surname"),
    # Years and longer.
    Pattern("decade", "(?:the )?<decade>'?s"),
    Pattern("short_decade", "the '?<decade:short_decade>'?s"),
    Pattern("short_decade", "'<decade:short_decade>'?s"),
    Pattern("short_decade", "the <decade:decade_word>"),
    Pattern("century", "(?:the )?<century><th>[ -]century(?! b[.]?c)"),
    Pattern("century", "(?:the )?<century:ordinal>[ -]century(?! b[.]?c)"),
    Pattern("year", "(?-i:AD|A[.]D[.]) ?<year:old_year>"),
    Pattern("year", "<year:old_year> ?(?-i:AD|CE|A[.]D[.]|C[.]E[.])"),
    Pattern("year", "(?:the )?(?:calendar |fiscal |financial )?year(?: of)? <year>"),
    Pattern("year", "fy ?<year>"),
    Pattern("year", "<year>", trap="year"),
    # Counted from the time of the question.
    Pattern("ago", "<number> <unit> ago", Kind.RELATIVE),
    Pattern("ahead", "<number> <unit> from now", Kind.RELATIVE),
    Pattern(
        "trailing", "<span>?(?:the )?(?:past|last|previous) <number> <unit>(?! of)", Kind.RELATIVE
    ),
    Pattern("trailing", "<span>the (?:past|last) <unit:trailing_unit>(?! of)", Kind.RELATIVE),
    Pattern("coming", "<span>?(?:the )?(?:next|coming) <number> <unit>(?! of)", Kind.RELATIVE),
    Pattern("coming", "<span>the (?:next|coming) <unit:trailing_unit>(?! of)", Kind.RELATIVE),
    Pattern("unit", "<which> <unit:long_unit>(?! of)", Kind.RELATIVE),
    Pattern("unit", "(?:the )?<which:current> <unit:long_unit>(?! of)", Kind.RELATIVE),
    Pattern("unit", "the <which> <unit:century_unit>(?! of)", Kind.RELATIVE),
    Pattern("yearly_month", "<month:month_name>(?: of)? <which> year(?! of)", Kind.RELATIVE),
    Pattern("which_month", "<which> <month:month_name>", Kind.RELATIVE, trap="month"),
    Pattern("which_season", "<which> <season>(?! of)", Kind.RELATIVE),
    Pattern("which_weekday", "<which> <weekday>", Kind.RELATIVE, trap="month"),
    Pattern("day_word", "<day:day_word>", Kind.RELATIVE, trap="capital"),
    # Without a year.
    Pattern("month_day", "<month> <day><th>?", Kind.PARTIAL, trap="month"),
    Pattern("month_day", "(?:the )?<day><th>?(?: of)? <month>", Kind.PARTIAL, trap="month"),
    Pattern("bare_quarter", "q<quarter>", Kind.PARTIAL),
    Pattern("bare_month", "(?:the month of )?<month:month_name>", Kind.PARTIAL, trap="month"),
    Pattern("bare_weekday", "<weekday>", Kind.PARTIAL, trap="month"),
    # Now.
    Pattern(
        "now",
        "(?:right now|as it stands|at (?:present|the moment|the present time|this time)|presently|"
        "in recent (?:years|months|weeks|days|times)|these days|nowadays|to date|so far|lately|"
        "(?:most )?recently|currently|now|today)",
        Kind.NOW,
        trap="capital",
    ),
    Pattern("now", "(?:the )?present(?= ?(?:[?.!,;)]|$)| day)(?: day)?", Kind.PARTIAL),
    Pattern(
        "now",
        "(?:(?<!electric )(?<!electrical )(?<!direct )(?<!alternating )(?<!ocean )current"
        "(?= (?!(?:in|of|through|from|to|flow|flows|flowing|density|source|sources|meter|is|was|"
        "and|or|that|which)(?!\\w))[a-z0-9])"
        "|present-day|(?<!at the )(?:latest|newest)(?= [a-z0-9])|most recent(?= [a-z0-9]))",
        Kind.NOW,
        trap="capital",
        takes_lead=False,
    ),
)

ENGLISH = TimeWords(
    leads={
        "as of": Lead.AS_OF,
        "as at": Lead.AS_OF,
        "in": Lead.DURING,
        "on": Lead.DURING,
        "at": Lead.DURING,
        "during": Lead.DURING,
        "within": Lead.DURING,
        "throughout": Lead.DURING,
        "for": Lead.DURING,
        "around": Lead.DURING,
        "circa": Lead.DURING,
        "back in": Lead.DURING,
        "sometime in": Lead.DURING,
        "of": Lead.OF,
        "before": Lead.BEFORE,
        "prior to": Lead.BEFORE,
        "earlier than": Lead.BEFORE,
        "pre-": Lead.BEFORE,
        "by": Lead.UNTIL,
        "until": Lead.UNTIL,
        "till": Lead.UNTIL,
        "up to": Lead.UNTIL,
        "up until": Lead.UNTIL,
        "through": Lead.UNTIL,
        "after": Lead.AFTER,
        "later than": Lead.AFTER,
        "post-": Lead.AFTER,
        "since": Lead.SINCE,
        "ever since": Lead.SINCE,
        "starting": Lead.SINCE,
        "starting in": Lead.SINCE,
        "starting from": Lead.SINCE,
        "beginning in": Lead.SINCE,
        "from": Lead.FROM,
        "between": Lead.BETWEEN,
    },
    article="the ",
    values={
        "month": _MONTHS | _SHORT_MONTHS | {f"{word}.": i for word, i in _SHORT_MONTHS.items()},
        "month_name": _MONTHS,
        "season": _SEASONS,
        "weekday": _WEEKDAYS,
        "unit": _UNITS,
        "long_unit": _LONG_UNITS,
        "trailing_unit": {w: v for w, v in _LONG_UNITS.items() if v != Unit.CENTURY},
        "century_unit": {"century": Unit.CENTURY.value},
        "number": _NUMBERS,
        "quarter_word": _numbered("first second third fourth")
        | _numbered("1st 2nd 3rd 4th")
        | {"last": 4, "final": 4},
        "decade_word": _numbered(
            "twenties thirties forties fifties sixties seventies eighties nineties", 20, 10
        ),
        "ordinal": _ORDINALS,
        "which": _WHICH,
        "current": {"current": 0},
        "day_word": {
            "the day before yesterday": -2,
            "yesterday": -1,
            "last night": -1,
            "tonight": 0,
            "this morning": 0,
            "this afternoon": 0,
            "this evening": 0,
            "tomorrow": 1,
            "the day after tomorrow": 2,
        },
    },
    numbers={
        "year": "1[0-9]{3}|20[0-9]{2}|2100",
        "short_year": "[0-9]{2}",
        "old_year": "[0-9]{1,4}",
        "digits": "[0-9]{1,2}",
        "iso_month": "0[1-9]|1[0-2]|[1-9](?![0-9])",
        "day": "[0-9]{1,2}",
        "quarter": "[1-4]",
        "half": "[12]",
        "decade": "(?:1[0-9]|20)[0-9]0",
        "short_decade": "[1-9]0",
        "century": "[0-9]{1,2}",
        "number": "[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,6}",
    },
    fillers={
        "th": "(?:st|nd|rd|th)",
        "span": "(?:(?:in|over|during|within|for) )",
        "season_noun": "(?:season|campaign|academic|school|fiscal|financial|edition)",
    },
    parts={
        "early": (0, 3),
        "early in": (0, 3),
        "start of": (0, 3),
        "beginning of": (0, 3),
        "mid": (1, 3),
        "middle of": (1, 3),
        "late": (2, 3),
        "late in": (2, 3),
        "end of": (2, 3),
        "first half of": (0, 2),
        "second half of": (1, 2),
    },
    patterns=_PATTERNS,
    to="~|(?:up )?to|until|till|through|thru",
    list_joint=",? (?:and|or)|,",
    onwards=r" (?:onwards?|and (?:later|after)|on(?= ?(?:[?.!,;]|$)))",
    number_labels=(
        r"(?:[#$\u20ac\u00a3\u00a5\u20b9\u00a7\u2116@&+*/=<>^\\_]|"
        r"\b(?:no[.]?|nos[.]?|nr[.]?|number|version|v[.]?|ver[.]?|release|build|model|type|class|"
        r"section|article|chapter|page|line|verse|room|suite|area|zone|sector|district|unit|route|"
        r"highway|road|flight|channel|gate|bus|train|platform|level|part|volume|issue|act|"
        r"resolution|directive|iso|iec|ieee|rfc|din|en|ansi|astm|nist|bs|ngc|hd|psr|"
        r"windows|office|area|boeing|airbus|peugeot|porsche|ps|playstation|xbox|nvidia|geforce|"
        r"rtx|gtx|radeon|core|intel|amd|catch|fahrenheit|apollo|usd|eur|gbp|inr|rs[.]?|dollars?|"
        r"than|least|most|nearly|almost|exactly|approximately|roughly|about|over|under|only|"
        r"times|plus|minus|equals?|divided by|multiplied by|multiply|costs?|paid|pay|"
        r"wrote|writes|write|written|read|directed|directs|novel|film|movie|book|album|song|"
        r"author of|director of|plot of|characters? (?:of|in)))\s*-?$"
    ),
    counted=(
        r"\s*(?:%|\u00b0|\+|\*|\u00d7|\u00f7|=|\^)|"
        r"(?:\s*(?:-|to|and|or)\s*[0-9][0-9.,]*)?[\s-]*"
        r"(?:percent|per|people|persons?|men|women|children|kids|pupils|soldiers|troops|"
        r"workers|staff|users|customers|passengers|"
        r"seats|votes|delegates|inhabitants|residents|citizens|households|families|"
        r"miles?|kilomet(?:er|re)s?|met(?:er|re)s?|feet|foot|ft|inch(?:es)?|yards?|acres?|hectares?|"
        r"km|km/h|kmh|mph|knots?|cm|mm|nm|m|mi|mb|gb|tb|kb|bytes?|bits?|pixels?|px|dpi|"
        r"kg|g|mg|lbs?|pounds?|ounces?|oz|tons?|tonnes?|grams?|kilos?|kilograms?|"
        r"lit(?:er|re)s?|ml|gallons?|barrels?|calories|kcal|joules?|watts?|w|kw|mw|gw|kwh|volts?|v|"
        r"hz|khz|mhz|ghz|degrees?|kelvin|k|c|f|psi|bar|hp|horsepower|rpm|"
        r"hours?|hrs?|minutes?|mins?|seconds?|secs?|days?|weeks?|months?|years?|decades?|centuries|"
        r"year-old|years-old|times|steps|pages|words|lines|copies|letters|characters|items|"
        r"pieces|units|points|goals|"
        r"dollars?|euros?|pounds|rupees|yen|yuan|francs|cents?|usd|eur|gbp|guineas|"
        r"tanks|rooms|islands|species|"
        r"hundred|thousand|million|billion|trillion|bc|bce|b[.]c[.]|"
        r"flushes|mules|maniacs)(?!\w)|"
        r"\s*\((?:the\s+|an?\s+|\d{4}\s+)?(?:novel|book|film|movie|album|song|band|game|play|"
        r"tv|number)\b|"
        r":\s+(?-i:(?!Who|What|Which|Where|When|Why|How)[A-Z])|"
        r"-(?-i:(?!present|now|today|to)[a-z])"
    ),
    edition=(
        r"(?: (?!the |an? |did |was |is |had |has )[\w.'-]+){0,2}? "
        r"(?:cup|olympics|games|championships?|elections?|finals?|playoffs?|oscars|grammys|"
        r"awards|ceremony|super bowl|grand prix|open|"
        r"tour|season|league|tournament|draft|census|referendum|budget|festival|edition)(?!\w)"
    ),
    surname_months=frozenset({3, 5}),
    verb_months=frozenset({3, 5}),
    clause_start=(
        r"\s*(?:[?.!,;:)]|$|'s\b|\s(?:who|what|which|where|how|and|or|to|but|until|the)\b)"
    ),
    asks_time=(
        r"^\W*(?:(?:and|so|but|or|since|until|till|from|by|exactly) )*when\b|"
        r"\bhow long\b|"
        r"\b(?:what|which)(?:'s| is| was| are| were)?(?: the)?(?: exact| calendar| precise)?"
        r" (?:years?|months?|days?|dates?|decades?|century|centuries|weeks?|time|weekday|quarter)\b"
    ),
    past=_words(
        "was were did had wasn't weren't didn't hadn't used won wrote led became made took gave"
        " held ran sang built began sold bought beat lost came went got said told met left died"
        " fell drew flew broke spoke chose taught fought grew knew saw shot kept paid sent spent"
        " stood swam threw wore bore felt heard brought thought caught sank sought struck rose"
        " drove rode"
    ),
    past_ending=r"(?!(?:sp|n|s|br|f|w|d|gr|hundr|kindr|sacr|ind|sh|sl)e?ed$)[a-z]{2,}ed",
    present=_words(
        "is are am isn't aren't does do doesn't don't has have hasn't haven't can will won't who's"
        " what's where's which's who're how's there's owns holds leads runs lives works plays heads"
        " chairs governs rules coaches manages hosts live own hold lead"
    ),
    present_verb=r"^\W*(?:who|what) (?:[a-z]+ly )?[a-z]+(?<!s)s\b",
)
