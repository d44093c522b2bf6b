-- Since when the office says that this terminal is withdrawn.
alter table post add column withdrawn_ms integer;

-- Everything was to be forgotten, and files may be left.
alter table post add column forgetting integer not null default 0;
