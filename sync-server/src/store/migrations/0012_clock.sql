-- What is known of the server's own clock.
create table clock_kept (
    only      integer primary key check (only = 1),
    chores_at integer,                       -- when the minute's chores were last done
    accepted  integer not null default 0,    -- how often an operator has said that the clock is right
    -- Moments after the first and up to the second were written by a clock that an operator has since called wrong.
    wrong_after   integer,
    wrong_through integer
) strict;
insert into clock_kept (only, chores_at)
    select 1, max(at) from (
        select max(received_at) as at from entry
        union all select max(seen_at) from terminal
        union all select max(made_at) from booking
    );
