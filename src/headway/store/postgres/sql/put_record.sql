INSERT INTO headway_record (
    id, ref_id, name, queue, state, created_at, finished_at, payload, options, extras, result, result_size, checkpoint,
    callback, links, fraction, message, status, stats, last_line, attempts, events, lines, checksum
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (created_at, id) DO UPDATE SET
    ref_id = excluded.ref_id, name = excluded.name, queue = excluded.queue, state = excluded.state,
    finished_at = excluded.finished_at, payload = excluded.payload, options = excluded.options, extras = excluded.extras,
    result = excluded.result, result_size = excluded.result_size, checkpoint = excluded.checkpoint,
    callback = excluded.callback, links = excluded.links, fraction = excluded.fraction, message = excluded.message,
    status = excluded.status, stats = excluded.stats, last_line = excluded.last_line, attempts = excluded.attempts,
    events = excluded.events, lines = excluded.lines, checksum = excluded.checksum
