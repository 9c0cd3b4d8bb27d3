UPDATE headway_body SET payload = :payload, links = :links
WHERE job_id = :id AND payload = :old_payload AND links IS NOT DISTINCT FROM :old_links;
