DROP TABLE call_ins;
