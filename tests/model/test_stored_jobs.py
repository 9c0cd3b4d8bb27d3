"""Jobs that lie in a store as templates: callbacks and schedules. They are arrays, so their order is for good."""

from headway.model.claim import NewJob

ORDER = [
    "ref_id",
    "name",
    "payload",
    "app",
    "queue",
    "priority",
    "due_us",
    "delay_us",
    "expires_us",
    "retries",
    "interrupt_fails",
    "content",
    "options",
    "extras",
    "tags",
    "created_by",
    "user_id",
    "batch_id",
    "reply_to",
    "parent_id",
    "tied",
    "depends_on",
    "lane",
    "key",
    "key_limit",
    "unique_key",
    "unique_for_us",
    "batch",
    "condition",
    "callback",
    "callback_of",
    "replay_of",
    "links",
    "after_batches",
    "duplicate_raises",
    "key_rate",
    "recurring",
    "fleeting",
]


def test_fields_are_only_ever_added_at_the_end() -> None:
    assert list(NewJob.__struct_fields__[: len(ORDER)]) == ORDER
