import json

from hypothesis import given, settings
from hypothesis import strategies as st

from headway import Jobs
from headway.view.secrets import MASK, Masking, declared, mask, masking_of


def test_declared_arguments_are_masked_at_any_depth():
    payload = '{"to": "ann", "pin": "1234-5678", "more": [{"pin": 99}]}'
    masked = mask(payload, declared(["pin"]))
    assert masked.arguments == {"to": "ann", "pin": MASK, "more": [{"pin": MASK}]}


def test_a_masked_value_is_hidden_in_other_texts_of_the_job():
    masked = mask('{"key": {"inner": "s3cr3t!"}, "pin": 123456}', declared(["key", "pin"]))
    assert masked.text("ValueError: bad key 's3cr3t!' or 123456") == f"ValueError: bad key '{MASK}' or {MASK}"
    assert masked.value({"echo": ["s3cr3t!", 123456, 5]}) == {"echo": [MASK, MASK, 5]}
    assert masked.text(None) is None


def test_a_short_value_does_not_mask_half_of_every_word():
    assert mask('{"pin": "a"}', declared(["pin"])).text("a banana") == "a banana"


def test_without_the_code_names_that_sound_like_secrets_are_masked():
    shown = mask(
        '{"password": "x", "api_key": "y", "user_token": "z", "tokens_used": 3, "keep": 1}', Masking()
    ).arguments
    assert shown == {"password": MASK, "api_key": MASK, "user_token": MASK, "tokens_used": MASK, "keep": 1}


def test_what_the_handler_declares_is_all_that_is_masked():
    assert mask('{"password": "x"}', declared([])).arguments == {"password": "x"}


def test_where_the_secret_arguments_are_gone_nothing_that_may_repeat_them_is_shown():
    masked = mask(None, declared(["pin"]))
    assert (masked.text("1234 was refused"), masked.text(None), masked.text("")) == (MASK, None, "")
    assert (masked.value({"said": "1234"}), masked.value(None)) == (MASK, None)
    assert mask(None, declared([])).text("1234 was refused") == "1234 was refused"


def test_unreadable_arguments_are_not_shown():
    assert not mask("{broken", Masking()).readable
    assert not mask("[" * 100_000, Masking()).readable
    assert mask(None, Masking()).arguments is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=50)  # nested texts are slow to draw
@given(st.dictionaries(st.text(), JSON), JSON)
def test_nothing_of_a_secret_argument_is_left(others, secret):
    masked = mask(json.dumps({**others, "pin": secret}), declared(["pin"]))
    assert masked.arguments["pin"] == MASK
    assert masked.value({**others, "pin": "shown"}).keys() or others == {}


def test_where_many_look_what_sounds_like_a_secret_is_masked_besides_what_is_declared_but_no_number():
    payload = '{"pin": "1234", "api_key": "abcd", "max_tokens": 1000, "within": {"password": "efgh"}}'
    shown = mask(payload, declared(["pin"], by_sound=True))
    assert shown.arguments == {"pin": MASK, "api_key": MASK, "max_tokens": 1000, "within": {"password": MASK}}
    assert mask(payload, declared(["pin"])).arguments["api_key"] == "abcd"


def login(
    user: str, pin: str = "1234-5678", api_key: str = "abcdefgh", short: str = "abc", max_tokens: int = 4096
) -> None:
    """Takes secrets that have defaults."""


def test_the_default_of_a_secret_argument_that_was_not_given_is_hidden_in_other_texts():
    handler = Jobs(":memory:").job(redact=["pin", "short"])(login).handler
    masked = mask('{"user": "ann"}', masking_of(handler))
    assert masked.arguments == {"user": "ann"}
    assert masked.text("pin 1234-5678 of ann, abc") == f"pin {MASK} of ann, abc"
    assert masked.text("abcdefgh 4096") == "abcdefgh 4096"
    assert mask('{"user": "ann"}', masking_of(handler, by_sound=True)).text("abcdefgh 4096") == f"{MASK} 4096"


def test_a_default_that_was_not_used_is_a_word_like_others():
    handler = Jobs(":memory:").job(redact=["pin"])(login).handler
    masked = mask('{"user": "ann", "pin": "changed"}', masking_of(handler))
    assert masked.text("changed 1234-5678") == f"{MASK} 1234-5678"


def test_where_nobody_knows_what_was_given_the_default_is_hidden():
    handler = Jobs(":memory:").job(redact=["pin"])(login).handler
    assert mask(None, masking_of(handler)).text("1234-5678") == MASK
    assert mask("{broken", masking_of(handler)).text("1234-5678") == MASK


def test_a_default_that_is_no_json_hides_nothing():
    def odd(pin: object = object()) -> None:
        """Takes anything."""

    handler = Jobs(":memory:").job(name="odd", redact=["pin"])(odd).handler
    assert mask("{}", masking_of(handler)).values == ()
