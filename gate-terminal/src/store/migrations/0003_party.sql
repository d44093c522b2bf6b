-- How many people, when a guard counted; otherwise as many as the pass brings.
alter table movement add column party integer;

-- A restart has to know of corrections too: how many they were in truth.
drop index entry_went_through;
create index entry_went_through on entry (seq)
    where body ->> '$.outcome.kind' in ('passed', 'let_in', 'corrected');
