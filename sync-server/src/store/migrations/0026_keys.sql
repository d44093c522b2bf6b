-- Which key sealed a pass. Until now there was one.
alter table pass add column key integer not null default 1;
create index pass_by_key on pass (key, day) where ended_at is null;

-- The newest key set that a terminal said it holds.
alter table terminal add column key_set integer not null default 0;
