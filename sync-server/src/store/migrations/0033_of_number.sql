-- Whether the last failure was because this number had enough for now, which says nothing of the channel.
alter table notice add column of_number integer not null default 0;
