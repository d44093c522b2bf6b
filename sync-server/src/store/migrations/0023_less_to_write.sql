-- Most bookings wait when they are written, and nobody has decided on them: they need not be found by who did.
drop index booking_by_decider;
create index booking_by_decider on booking (decided_number, day) where decided_number is not null;

-- What is counted against a limit, in the order in which it is asked for and in no other: a day of it is little enough to be read
-- through when it is forgotten.
create table counted (
    what text not null,                -- see `Counted`
    who  text not null,                -- a phone number or a network address
    at   integer not null,
    nth  integer not null,             -- of those at one moment
    primary key (what, who, at, nth)
) strict, without rowid;
insert into counted
    select what, who, at, row_number() over (partition by what, who, at) - 1 from attempt;
drop table attempt;
alter table counted rename to attempt;
