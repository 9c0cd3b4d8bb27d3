"""Arguments and results as JSON: round trips by type, refusals with the place, and results that never raise."""

from __future__ import annotations

import contextlib
import enum
import math
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.codec import PAYLOAD_MAX_BYTES, Codec, ResultProblem, StoredResult, decode_result, encode_result
from headway.model.errors import ArgumentsInvalid, HandlerRefused, PayloadInvalid, PayloadTooLarge
from headway.model.jsontypes import from_json_value
from headway.model.signature import Parameter, Signature


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@dataclass
class Line:
    text: str
    count: int = 1
    at: datetime | None = None
    kids: list[Line] = field(default_factory=list)


class Row(TypedDict):
    a: int
    b: str


class Point(NamedTuple):
    x: int
    y: float


class Box(msgspec.Struct):
    line: Line
    sides: tuple[int, ...]


class Order(pydantic.BaseModel):
    number: int
    at: datetime | None = None
    price: Decimal = Decimal(1)
    weight: float = 1.0
    lines: list[Order] = []
    shop: str = pydantic.Field(default="x", alias="shopName")


class Login(pydantic.BaseModel):
    password: pydantic.SecretStr


class Odd: ...


def codec_for(annotation, *, default=...):
    """The codec of a handler with one argument, `it`."""
    one = Parameter(
        name="it", annotation=annotation, required=default is ..., default=None if default is ... else default
    )
    required = ("it",) if default is ... else ()
    return Codec(
        Signature(
            handler="work",
            parameters=(one,),
            result_type=Any,
            names=("it",),
            positional=("it",),
            required=required,
            known=frozenset({"it"}),
        )
    )


def travel(annotation, value):
    codec = codec_for(annotation)
    return codec.decode(codec.encode({"it": value}))["it"]


floats = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text()
aware = st.datetimes(
    datetime(2, 1, 1),  # noqa: DTZ001
    datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m))),
)
lines = st.deferred(lambda: st.builds(Line, texts, st.integers(), st.none() | aware, st.lists(lines, max_size=2)))
BY_TYPE = [
    (int, st.integers(-(2**63), 2**64 - 1)),
    (int, st.integers(-(10**100), 10**100)),
    (float, floats),
    (str, texts),
    (bool, st.booleans()),
    (None, st.none()),
    (bytes, st.binary()),
    (datetime, aware),
    (date, st.dates()),
    (time, st.times()),
    (timedelta, st.timedeltas(timedelta(days=-36500), timedelta(days=36500))),
    (uuid.UUID, st.uuids()),
    (Decimal, st.decimals(allow_nan=False, allow_infinity=False)),
    (Colour, st.sampled_from(Colour)),
    (Level, st.sampled_from(Level)),
    (Line, lines),
    (Row, st.fixed_dictionaries({"a": st.integers(), "b": texts})),
    (Point, st.builds(Point, st.integers(), floats)),
    (Box, st.builds(Box, lines, st.lists(st.integers(), max_size=3).map(tuple))),
    (list[int | None], st.lists(st.none() | st.integers())),
    (tuple[int, str], st.tuples(st.integers(), texts)),
    (set[str], st.sets(texts)),
    (frozenset[int], st.frozensets(st.integers())),
    (dict[str, list[datetime]], st.dictionaries(texts, st.lists(aware, max_size=3))),
    (dict[int, str], st.dictionaries(st.integers(-(2**63), 2**63 - 1), texts)),
    (Literal["a", 1], st.sampled_from(["a", 1])),
    (int | str | None, st.none() | st.integers() | texts),
    (Annotated[int, msgspec.Meta(ge=0)], st.integers(0)),
    (Path, st.from_regex(r"[a-z/]{1,20}", fullmatch=True).map(Path)),
    (list[PurePosixPath], st.lists(st.from_regex(r"[a-z/]{1,20}", fullmatch=True).map(PurePosixPath))),
    (
        Order,
        st.builds(Order, number=st.integers(), at=st.none() | aware, shopName=texts, lines=st.just([Order(number=1)])),
    ),
    (list[Order], st.lists(st.builds(Order, number=st.integers()), max_size=2)),
    (Order | None, st.none() | st.builds(Order, number=st.integers())),
    (
        Any,
        st.recursive(
            st.none() | st.booleans() | texts | floats, lambda kids: st.lists(kids) | st.dictionaries(texts, kids)
        ),
    ),
    (object, texts),
]


@pytest.mark.parametrize(("annotation", "values"), BY_TYPE, ids=lambda part: str(part)[:30])
def test_arguments_come_back_equal_and_of_their_type(annotation, values):
    codec = codec_for(annotation)

    @given(values)
    def check(value):
        back = codec.decode(codec.encode({"it": value}))["it"]
        assert value == back
        assert type(value) is type(back)
        assert codec.canonical({"it": value}) == codec.canonical({"it": back})

    check()


def test_integers_beyond_64_bits_are_exact_and_absurd_ones_are_refused():
    assert travel(int, 2**64) == 2**64
    assert travel(Any, -(10**4000)) == -(10**4000)
    with pytest.raises(ArgumentsInvalid, match=r"work: argument it: .*digits"):
        codec_for(int).encode({"it": 10**5000})


@pytest.mark.parametrize(
    ("annotation", "value", "said"),
    [
        (int, "1", "work: argument it: expected `int`, got `str`"),
        (int, True, "work: argument it: expected `int`, got `bool`"),
        (int, 1.5, "work: argument it: expected `int`, got `float`"),
        (str, 17, "work: argument it: expected `str`, got `int`"),
        (str, uuid.UUID(int=1), "work: argument it: expected `str`, got `UUID`"),
        (str | None, b"a", "work: argument it: expected `str`, got `bytes`"),
        (bytes, "abcd", "work: argument it: expected `bytes`, got `str`"),
        (Annotated[str, "x"], None, "work: argument it: expected `str`, got `NoneType`"),
        (list[int], [1, "z"], "work: argument it[1]: expected `int`, got `str`"),
        (dict[str, Line], {"k": Line(7)}, "expected `str`, got `int`"),
        (Line, Line("a", kids=[Line("b", count="no")]), "work: argument it.kids[0].count: expected `int`, got `str`"),
        (Literal["a"], "b", "work: argument it: invalid enum value 'b'"),
        (Colour, "blue", "work: argument it: invalid enum value 'blue'"),
        (Annotated[int, msgspec.Meta(ge=0)], -1, "work: argument it: expected `int` >= 0"),
        (Order, {"number": "x", "shopName": "y"}, "work: argument it: number: Input should be a valid integer"),
        (Path, 3, "work: argument it: expected `PosixPath`, got `int`"),
        (Any, Odd(), f"work: argument it: a {__name__}.Odd cannot be written as JSON"),
        (Any, [1, {2, (3, object())}], "work: argument it: a object cannot be written as JSON"),
        (Any, {(1, 2): 3}, "work: argument it: a tuple cannot be written as JSON"),
        (Any, ["a\ud800"], "work: argument it: a text holds a lone surrogate"),
        (dict[str, int], {"\udc80": 1}, "work: argument it: a text holds a lone surrogate"),
        (Path, Path("a\udc80"), "work: argument it: a text holds a lone surrogate"),
        (Order, Order(number=1, shopName="\ud800"), "a text holds a lone surrogate"),
    ],
)
def test_a_wrong_argument_is_refused_with_its_place(annotation, value, said):
    if annotation is Path:
        said = said.replace("PosixPath", "Path")
    with pytest.raises(ArgumentsInvalid) as caught:
        codec_for(annotation).encode({"it": value})
    assert said in str(caught.value)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("annotation", "wrap", "place"),
    [
        (float, lambda n: n, "it"),
        (float | None, lambda n: n, "it"),
        (Any, lambda n: {"a": [None, n]}, "it.a[1]"),
        (Point, lambda n: Point(1, n), "it[1]"),
        (Order | None, lambda n: Order(number=1, weight=n), "it.weight"),
    ],
)
def test_nan_and_infinity_are_refused(number, annotation, wrap, place):
    with pytest.raises(ArgumentsInvalid) as caught:
        codec_for(annotation).encode({"it": wrap(number)})
    assert str(caught.value) == f"work: argument {place}: {number} is no JSON number"


def test_null_is_no_nan():
    assert travel(list[float | None], [None, 1.0]) == [None, 1.0]
    assert travel(str, "null") == "null"


NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("annotation", "value", "place"),
    [
        (datetime, NAIVE, "it"),
        (datetime | None, NAIVE, "it"),
        (list[datetime], [NAIVE], "it[0]"),
        (dict[str, datetime | None], {"k": NAIVE}, "it.k"),
        (Line, Line("a", kids=[Line("b", at=NAIVE)]), "it.kids[0].at"),
        (Box | None, Box(Line("a", at=NAIVE), ()), "it.line.at"),
        (Order, Order(number=1, at=NAIVE), "it.at"),
        (list[Order], [Order(number=1, lines=[Order(number=2, at=NAIVE)])], "it[0].lines[0].at"),
    ],
)
def test_a_naive_datetime_is_refused_wherever_it_hides(annotation, value, place):
    with pytest.raises(ArgumentsInvalid) as caught:
        codec_for(annotation).encode({"it": value})
    assert f"work: argument {place}: the datetime has no time zone" in str(caught.value)


@pytest.mark.parametrize("payload", ['{"it":"2026-01-01T00:00:00"}', '{"it":{"text":"a","at":"2026-01-01T00:00:00"}}'])
def test_a_naive_datetime_in_a_stored_payload_is_refused_too(payload):
    annotation = Line if "text" in payload else datetime
    with pytest.raises(PayloadInvalid, match="has no time zone"):
        codec_for(annotation).decode(payload)


def test_nul_and_every_character_of_unicode_travel():
    text = "a\0b\x7f\u2028\U0010ffff"
    assert travel(str, text) == text


def test_subclasses_of_simple_types_travel_as_their_base():
    class Text(str):
        __slots__ = ()

    class Number(int): ...

    class Real(float): ...

    class Moment(datetime): ...

    assert travel(str, Text("a")) == "a"
    assert travel(int, Number(3)) == 3
    assert travel(float, Real(3.5)) == 3.5
    assert travel(datetime, Moment(2026, 1, 1, tzinfo=UTC)) == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_masked_secret_is_refused_instead_of_stored_as_stars():
    with pytest.raises(ArgumentsInvalid, match="secret field is masked"):
        codec_for(Login).encode({"it": Login(password="hunter2")})
    assert travel(Order, Order(number=1, shopName="*" * 10)).shop == "*" * 10


def test_the_size_limit_names_size_and_limit():
    codec = codec_for(str)
    with pytest.raises(PayloadTooLarge, match=r"work take 1,048,585 bytes as JSON, the limit is 1,048,576") as caught:
        codec.encode({"it": "x" * PAYLOAD_MAX_BYTES})
    assert (caught.value.size, caught.value.limit) == (PAYLOAD_MAX_BYTES + 9, PAYLOAD_MAX_BYTES)
    assert len(codec.encode({"it": "x" * (PAYLOAD_MAX_BYTES - 9)})) == PAYLOAD_MAX_BYTES
    with pytest.raises(PayloadTooLarge):
        codec.encode({"it": "abc"}, max_bytes=11)


def nest(depth):
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_too_deep_arguments_are_refused_in_words():
    with pytest.raises(ArgumentsInvalid, match="nested too deeply"):
        codec_for(Any).encode({"it": nest(100_000)})
    with pytest.raises(PayloadInvalid, match="nested too deeply"):
        codec_for(Any).decode('{"it":' + "[" * 100_000 + "]" * 100_000 + "}")


def test_a_missing_argument_with_a_default_is_left_to_the_function():
    codec = codec_for(list[int], default=[1, 2])
    assert codec.encode({}) == b"{}"
    assert codec.decode(b"{}") == {}
    assert codec.decode(b'{"it":[3]}') == {"it": [3]}


def test_old_code_runs_a_newer_payload_and_ignores_what_it_does_not_know():
    assert codec_for(int).decode('{"it":1,"new":2}') == {"it": 1}


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("{}", "missing required field `it`"),
        ('{"it":"1"}', "argument it: expected `int`, got `str`"),
        ("[]", "expected `object`, got `array`"),
        ("", "truncated"),
        ('{"it":1}x', "malformed"),
        (b'{"it":\xff}', "malformed"),
        ('{"it":NaN}', "malformed"),
    ],
)
def test_a_payload_that_does_not_fit_is_refused_with_the_validation_code(payload, said):
    with pytest.raises(PayloadInvalid) as caught:
        codec_for(int).decode(payload)
    assert caught.value.code == "validation"
    assert said.lower() in str(caught.value).lower()
    assert "the arguments of work do not fit it" in str(caught.value)


def test_a_model_that_has_become_stricter_fails_validation_without_showing_the_value():
    with pytest.raises(PayloadInvalid, match="argument it: number: Input should be") as caught:
        codec_for(Order).decode('{"it":{"number":"hunter2"}}')
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("annotation", [Odd, list[Odd], complex, str | Path, type[int], "Nowhere"])
def test_a_type_that_cannot_travel_is_refused_at_registration(annotation):
    with pytest.raises(HandlerRefused, match="work cannot be a handler: its argument it cannot be stored"):
        codec_for(annotation)


class Tone(enum.Enum):
    A = "a"
    B = "b"


@dataclass
class Palette:
    tones: set[Tone]
    names: dict[int, frozenset[str]]


@given(
    st.builds(Palette, st.sets(st.sampled_from(Tone)), st.dictionaries(st.integers(), st.frozensets(texts), max_size=4))
)
def test_equal_arguments_have_equal_canonical_bytes(value):
    codec = codec_for(Palette)
    shuffled = Palette({*reversed(list(value.tones))}, dict(reversed(value.names.items())))
    assert codec.canonical({"it": value}) == codec.canonical({"it": shuffled})


def test_canonical_bytes_are_the_same_in_every_process_and_keep_the_order_of_lists():
    codec = codec_for(Any)
    members = {"it": {"b": {"x", "y", "z"}, "a": [2, 1], 3: {Tone.B, Tone.A}}}
    assert codec.canonical(members) == b'{"it":{"3":["a","b"],"a":[2,1],"b":["x","y","z"]}}'
    assert codec.canonical({"it": [1, 2]}) != codec.canonical({"it": [2, 1]})


def test_a_whole_signature_goes_through_bind_encode_and_decode():
    def send(to: str, when: datetime, copies: int = 1): ...

    signature = Signature.of(send, named=True)
    codec = Codec(signature)
    when = datetime(2026, 11, 22, tzinfo=UTC)
    payload = codec.encode(signature.bind(("ann",), {"when": when}))
    assert payload == b'{"to":"ann","when":"2026-11-22T00:00:00Z"}'
    assert codec.decode(payload) == {"to": "ann", "when": when}


class Changing(pydantic.BaseModel):
    """Its values can be read once: the second look, for moments, fails."""

    number: int

    def model_dump(self, **options):
        if options.get("mode") == "json":
            return super().model_dump(**options)
        raise LookupError("gone")


def test_a_model_that_cannot_be_looked_into_is_refused_in_both_directions():
    codec = codec_for(Changing)
    with pytest.raises(ArgumentsInvalid, match="work: LookupError: gone"):
        codec.encode({"it": Changing(number=1)})
    with pytest.raises(PayloadInvalid, match="gone"):
        codec.decode('{"it":{"number":1}}')


class Moody(pydantic.BaseModel):
    """Refuses to be written the first time only."""

    asked: int = 0

    def model_dump(self, **options):
        self.asked += 1
        if self.asked == 1:
            raise LookupError("not now")
        return super().model_dump(**options)


def test_a_refusal_that_no_argument_repeats_is_told_of_the_handler():
    with pytest.raises(ArgumentsInvalid, match=r"^work: LookupError: not now"):
        codec_for(Moody).encode({"it": Moody()})


class Picky:
    """Not pydantic, but with the same two methods."""

    def model_dump(self, **_):
        return 1

    @classmethod
    def model_validate_json(cls, _text):
        raise ValueError("I take nothing")


def test_a_stranger_cannot_be_read():
    with pytest.raises(TypeError, match="Odd cannot be written as JSON"):
        from_json_value(Odd, 1)


def test_a_models_own_refusal_is_told():
    with pytest.raises(ArgumentsInvalid, match="argument it: I take nothing"):
        codec_for(Picky).encode({"it": Picky()})


# Results


class Hostile:
    def __str__(self):
        raise RuntimeError("no")

    __repr__ = __str__

    def __getattr__(self, name):
        raise KeyError(name)


class HostileModel:
    def model_dump(self, **_):
        raise SystemExit(3)

    model_validate_json = model_dump


class SpeechlessModel:
    def model_dump(self, **_):
        raise SpeechlessError

    model_validate_json = model_dump


class HugeModel:
    def model_dump(self, **_):
        raise MemoryError

    model_validate_json = model_dump


class SpeechlessError(ValueError):
    def __str__(self):
        raise RuntimeError("no")


def ring():
    value: list[Any] = []
    value.append(value)
    return value


def open_file():
    with Path(__file__).open() as file:
        return file


NOT_STORABLE = [
    math.nan,
    [1, {"a": math.inf}],
    "\ud800",
    {"\udc80": 1},
    10**5000,
    nest(100_000),
    ring(),
    open_file(),
    object(),
    Odd(),
    Odd,
    Hostile(),
    [Hostile()],
    HostileModel(),
    SpeechlessModel(),
    HugeModel(),
    ValueError("x"),
    (n for n in range(3)),
    range(3),
    complex(1, 2),
    {(1, 2): 3},
    {None: 1},
    contextlib.nullcontext(),
    lambda: None,
    math,
    Order(number=1, weight=math.nan),
]


@pytest.mark.parametrize("index", range(len(NOT_STORABLE)))
def test_a_result_that_cannot_be_stored_is_a_problem_and_never_an_error(index):
    problem = encode_result(NOT_STORABLE[index])
    assert isinstance(problem, ResultProblem)
    assert problem.code == "result_not_storable"
    assert 0 < len(problem.reason) <= 1000
    problem.reason.encode()


def test_the_reason_names_the_place_and_the_type():
    assert encode_result({"a": [1, math.nan]}).reason == "a[1]: nan is no JSON number"
    assert encode_result(math.nan).reason == "the value: nan is no JSON number"
    assert encode_result(Odd()).reason == f"a {__name__}.Odd cannot be written as JSON"
    assert encode_result(HostileModel()).reason == "SystemExit: 3"


def test_a_result_over_the_limit_is_left_out_with_its_size():
    problem = encode_result("x" * 100_000_000)
    assert problem == ResultProblem(
        "result_omitted", "the result takes 100,000,002 bytes as JSON, the limit is 1,048,576", 100_000_002
    )
    assert encode_result("x" * 8, max_bytes=10) == StoredResult('"xxxxxxxx"')
    assert encode_result("x" * 9, max_bytes=10).code == "result_omitted"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (17, "17"),
        (True, "true"),
        ("a\0b", '"a\\u0000b"'),
        ({1}, "[1]"),
        ((1, None), "[1,null]"),
        (Path("/tmp/x"), '"/tmp/x"'),
        (NAIVE, '"2026-01-01T00:00:00"'),
        (2**70, "1180591620717411303424"),
    ],
)
def test_ordinary_results_are_stored(value, text):
    assert encode_result(value) == StoredResult(text)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, 3),
        (Order, Order(number=1, at=datetime(2026, 1, 1, tzinfo=UTC))),
        (list[Line], [Line("a")]),
        (dict[str, Decimal], {"a": Decimal("1.10")}),
        (set[int], {1, 2}),
        (None, None),
        (Any, {"a": [1, None]}),
    ],
)
def test_a_result_is_read_back_as_its_type(annotation, value):
    assert value == decode_result(encode_result(value).json, annotation)


def test_a_result_whose_type_cannot_travel_is_read_as_plain_values():
    assert decode_result("[1]", list[Odd]) == [1]
    assert decode_result("[1]", "Nowhere") == [1]


def test_a_stored_result_of_another_type_is_refused():
    with pytest.raises(PayloadInvalid, match="the stored result is not a"):
        decode_result('"x"', int)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]))
    | st.binary()
    | st.datetimes()
    | st.decimals()
    | st.complex_numbers()
    | st.builds(object),
    lambda kids: (
        st.lists(kids) | st.dictionaries(st.text() | st.integers() | st.none() | st.floats(), kids) | st.tuples(kids)
    ),
)


@given(anything)
def test_no_value_makes_encoding_a_result_raise(value):
    answer = encode_result(value)
    if isinstance(answer, StoredResult):
        decode_result(answer.json)
    else:
        answer.reason.encode()
