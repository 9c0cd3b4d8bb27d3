DELETE FROM headway_record
WHERE created_at >= :from AND created_at < :until
    AND id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))
