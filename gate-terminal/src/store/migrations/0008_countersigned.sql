-- How far the server had countersigned when a day began. What it has got since may be lost with its database.
create table countersigned (
    day text primary key,
    seq integer not null
) strict;
