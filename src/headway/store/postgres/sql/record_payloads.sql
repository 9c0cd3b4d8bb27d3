SELECT id, CASE WHEN length(payload) <= :longest THEN payload END, length(payload) > :longest
FROM headway_record
WHERE created_at BETWEEN :from AND :until
    AND id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))
