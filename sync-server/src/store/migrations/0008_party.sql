-- Companions' documents as the watchlist knows them. Those of bookings made before are added at the next start.
create table companion_document (
    booking        integer not null references booking (id),
    document_index blob not null,      -- keyed hash, as in `booking`
    primary key (booking, document_index)
) strict, without rowid;
create index companion_document_by_index on companion_document (document_index);

-- Everybody a booking brings, whose document it gave.
create view party_member (booking, document_index) as
    select id, document_index from booking where document_index is not null
    union all
    select booking, document_index from companion_document;
