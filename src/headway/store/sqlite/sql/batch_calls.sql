SELECT iif(finish_job IS NULL, on_finish, NULL), iif(success_job IS NULL, on_success, NULL)
FROM headway_batch WHERE id = :id;
