-- Whether these stand at the front of their lines, as they are now.
UPDATE headway_job SET front = CASE WHEN state = 'running' OR (state = 'queued' AND blocked IS NULL) THEN 1 END
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));
