UPDATE headway_dependency
SET counted = (parent_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:parents::jsonb)::bigint)))::int
WHERE child_id = :id AND parent_id IN (
    SELECT jsonb_array_elements_text(coalesce(c.parents, '[]')::jsonb)::bigint FROM headway_job AS c WHERE c.id = :id
);
