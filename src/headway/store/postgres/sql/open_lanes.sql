-- Whose turn it is on its named worker now stands in the line of its key.
UPDATE headway_job SET blocked = 'line'
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state = 'queued' AND blocked = 'lane';
