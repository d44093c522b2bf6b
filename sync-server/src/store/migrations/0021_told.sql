-- What became of notices that are not sent any more, receipts that come before their notice is known to have left, and how often a
-- host was asked again.
alter table notice add column given_up text;    -- refused, aged, needless or together; null while it may be sent and where it was
alter table notice add column doubles integer not null default 0; -- sent again although the provider may have had it
drop index notice_due;
create index notice_due on notice (channel, next_try) where next_try is not null;
create index notice_code_due on notice (channel, next_try) where next_try is not null and kind = 'sign_in_code';
create index notice_by_address on notice ("to", channel, kind);

create table early_receipt (
    adapter text not null,
    handle  text not null,
    receipt text not null,
    why     text,
    at      integer not null,
    primary key (adapter, handle)
) strict, without rowid;

-- How far up the ladder of reminders a booking that waits has come.
create table reminder (
    booking integer primary key references booking (id),
    taken   integer not null,          -- rungs
    at      integer not null           -- when the last one was
) strict;
create index booking_undecided on booking (day) where standing = 'waiting';
