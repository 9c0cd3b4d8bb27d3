-- By the index of subjects, from its end.
SELECT id, happened_at, app, actor, via, kind, subject, subject_id, note FROM headway_act
WHERE subject = :subject AND id < :before AND (:app IS NULL OR app IS NULL OR app = :app) AND (:by IS NULL OR actor = :by)
ORDER BY id DESC LIMIT :limit;
