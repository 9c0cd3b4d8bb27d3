-- One statement for all: executemany would let go of Python's lock once a row.
UPDATE headway_body SET result = e.value ->> 1 FROM json_each(:results) AS e WHERE job_id = e.value ->> 0;
