-- The last event of each subject is found without reading those before it: who was prepared when,
-- and what was last seen of each schedule.
create index events_of_type_by_subject on events (type, subject_id, seq);
