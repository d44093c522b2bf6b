-- What was agreed to, with every form that was sent: each tick, when, and on which version of the notice.
create table consent (
    booking  integer not null references booking (id),
    given_at integer not null,     -- ms
    consent  text not null,
    notice   text not null,
    primary key (booking, given_at, consent, notice)
) strict, without rowid;
-- Until now one tick said both.
insert into consent (booking, given_at, consent, notice) select id, made_at, 'privacy', consent from booking;
insert into consent (booking, given_at, consent, notice) select id, made_at, 'document_consent', consent from booking;
alter table booking drop column consent;
