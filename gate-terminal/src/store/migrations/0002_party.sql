-- How many people, when a guard counted; otherwise as many as the pass brings.
alter table movement add column party integer;
