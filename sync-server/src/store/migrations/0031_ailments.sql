-- What terminals complain of themselves, until they do not any more.
create table ailment (
    terminal integer not null references terminal (id),
    what     text not null,
    since    integer not null,
    primary key (terminal, what)
) strict, without rowid;
