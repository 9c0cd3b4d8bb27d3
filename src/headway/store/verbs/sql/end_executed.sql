-- What its success said (code, reason) stays; a callback that did not complete takes their place.
UPDATE headway_job
SET state = :state, finished_at = :now, code = coalesce(:code, code), reason = coalesce(:reason, reason)
WHERE id = :id AND state = 'executed'
RETURNING has_dependants;
