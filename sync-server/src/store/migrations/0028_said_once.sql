-- What is written with every booking, and what changes as its notices leave, is little.

-- What a notice says, once for all channels: what becomes of a notice is written again and again, what it says is not.
create table said (
    id    integer primary key,
    body  text not null,
    facts text not null default '[]'   -- JSON: [name, value] pairs
) strict;
insert into said (id, body, facts) select id, body, facts from notice;
alter table notice add column said integer references said (id);
update notice set said = id;
alter table notice drop column body;
alter table notice drop column facts;

-- While a notice is in hand it is due to nobody else; so when it is due next need not be written until it is known.
alter table notice add column in_hand_until integer;
update notice set in_hand_until = next_try where taken_at is not null and next_try is not null;

-- Most visitors book for themselves: they are found by their phone.
drop index booking_by_booker;
create index booking_by_booker on booking (booked_by) where booked_by is not phone;
