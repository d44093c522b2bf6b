-- What is written with every booking takes fewer rows and fewer indices.

-- The links of one person to one booking, on all channels: found by the number that their tokens begin with, and looked through where
-- a booking is erased. Those that were sent before, and those that a typed code leads to, stay in `approval_link`.
create table link_set (
    number  integer primary key,       -- drawn, after the time
    booking integer not null references booking (id),
    holder  text references staff (number), -- whose right to decide it is; null: the booking's host
    sms     blob not null,             -- SHA-256 of the token
    hall    blob not null,
    wecom   blob not null
) strict;

-- By whom they are addressed to only those are looked for that stand in place of many; how many is counted when they leave.
drop index notice_by_address;
create index notice_of_many on notice ("to", channel) where kind = 'waiting';
alter table notice add column counts text references staff (number); -- whose bookings are counted

-- What waits is found by its day like all others.
drop index booking_undecided;
drop index booking_by_day;
create index booking_by_day on booking (day, standing);
