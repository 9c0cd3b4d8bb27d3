-- 64: some of its arguments are, or were, results of its parents.
UPDATE headway_job
SET parents = :parents, parents_left = :parents_left, outcomes = outcomes | :bits, ties = ties | 64
WHERE id = :id RETURNING outcomes, has_dependants;
