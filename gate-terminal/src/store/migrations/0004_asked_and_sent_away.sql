-- Visitors without a booking whom a guard asked for, until they go in, are dismissed, or the day ends.
create table walk_in (
    number integer primary key,
    body text not null
) strict;

-- A restart has to know of who was sent away after the light, too: they are not inside.
drop index entry_went_through;
create index entry_went_through on entry (seq)
    where body ->> '$.outcome.kind' in ('passed', 'let_in', 'corrected', 'sent_away');
