-- Which database of which server this is, whatever it is called where one connects to it.
SELECT c.system_identifier || '/' || d.oid
FROM pg_control_system() AS c, pg_database AS d WHERE d.datname = current_database();
