SELECT CASE WHEN finish_job IS NULL THEN on_finish END, CASE WHEN success_job IS NULL THEN on_success END
FROM headway_batch WHERE id = :id;
