-- The outbox. Path and code are forgotten once they are sent.
create table notice (
    id       integer primary key autoincrement,
    booking  integer references booking (id),
    kind     text not null,
    channel  text not null,
    "to"     text not null,
    body     text not null,
    path     text,
    made_at  integer not null,
    next_try integer,                  -- null: nothing more to do
    tries    integer not null default 0,
    sent_at  integer,
    failure  text
) strict;
create index notice_due on notice (next_try) where next_try is not null;
create index notice_by_booking on notice (booking);
