SELECT app, month, state, jobs FROM headway_month_count WHERE :app IS NULL OR app = :app;
