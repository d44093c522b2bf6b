-- A chain per campus and epoch. The hash of each link is kept so that any of them can be the head of an answer.
create table feed (
    campus integer not null,
    epoch  integer not null,
    seq    integer not null,
    body   text not null,
    hash   blob not null,
    primary key (campus, epoch, seq)
) strict, without rowid;

-- The numbering now in use; a higher epoch starts every chain again at 1.
create table feed_epoch (
    only  integer primary key check (only = 1),
    epoch integer not null
) strict;
insert into feed_epoch values (1, 1);

-- The places as they were last told.
create table places (
    campus integer primary key,
    body   text not null
) strict;
