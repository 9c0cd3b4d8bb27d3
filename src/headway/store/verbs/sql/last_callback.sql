SELECT max(id) FROM headway_job WHERE callback_of = :id;
