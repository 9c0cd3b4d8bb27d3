-- Of the newest only: the others would have to be looked at one by one.
SELECT state, count(*) FROM (
    SELECT state FROM headway_job WHERE tenant = :tenant AND (:app IS NULL OR app = :app) ORDER BY id DESC LIMIT :limit
) AS newest GROUP BY state;
