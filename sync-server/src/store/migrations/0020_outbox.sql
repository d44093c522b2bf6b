-- What a channel needs to fill in a template of its own, and what is known of a notice beyond "it was handed over".
alter table notice add column facts text not null default '[]';  -- JSON: [name, value] pairs
alter table notice add column follows integer references notice (id); -- sent after that one, about what became of it
alter table notice add column adapter text;      -- which of the channel's providers took it
alter table notice add column handle text;       -- how the provider calls it
alter table notice add column taken_at integer;  -- handed to a provider who has not answered yet
alter table notice add column receipt text;      -- delivered, failed, read
alter table notice add column receipt_at integer;
alter table notice add column receipt_why text;
create index notice_by_handle on notice (adapter, handle) where handle is not null;
create index notice_by_follows on notice (follows) where follows is not null;
