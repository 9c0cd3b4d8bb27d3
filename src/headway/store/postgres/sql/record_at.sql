SELECT
    id, ref_id, name, queue, state, created_at, finished_at, payload, options, extras, result, result_size, checkpoint,
    callback, links, fraction, message, status, stats, last_line, attempts, events, lines, checksum
FROM headway_record
WHERE created_at = :created AND id = :id
