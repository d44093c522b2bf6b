-- What of a campus's feed still mattered at one of its links. The link itself stays as long as its snapshot is here.
create table snapshot (
    campus  integer not null,
    epoch   integer not null,
    seq     integer not null,
    made_at integer not null,
    -- As of which day; told again on another when nothing was added to it.
    day     text not null,
    primary key (campus, epoch, seq)
) strict, without rowid;

create table snapshot_part (
    campus integer not null,
    epoch  integer not null,
    seq    integer not null,
    part   integer not null,
    body   text not null,
    hash   blob not null check (length(hash) = 32),
    primary key (campus, epoch, seq, part)
) strict;
