DELETE FROM headway_session WHERE user_name = :user;
