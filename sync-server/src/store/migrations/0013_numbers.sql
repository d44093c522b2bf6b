-- Everybody a booking brings, by the holder's part of the number alone: the watchlist finds them under whatever kind and with or
-- without the digits of a renewal. Bookings made before are added at the next start.
create table party_number (
    booking      integer not null references booking (id),
    number_index blob not null,        -- keyed hash
    primary key (booking, number_index)
) strict, without rowid;
create index party_number_by_index on party_number (number_index);

-- Null for people put on the list before there was one, until a booking brings them or they are put on it again.
alter table watched add column number_index blob;
create index watched_by_number on watched (number_index) where number_index is not null;
