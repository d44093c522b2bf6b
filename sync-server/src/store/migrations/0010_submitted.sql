-- Which sent forms became which booking, so that a form sent twice is one booking. The mark is a hash that covers the form's own
-- random number, which is kept nowhere.
create table submitted (
    mark    blob primary key check (length(mark) = 32),
    booking integer not null references booking (id)
) strict, without rowid;
