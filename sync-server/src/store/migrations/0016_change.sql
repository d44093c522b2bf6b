-- Grows with every change of the facts: a decision names the state it was made on.
alter table booking add column revision integer not null default 1;
-- The approved booking whose place this one is to take once it is approved too.
alter table booking add column replaces integer references booking (id);
create index booking_by_replaced on booking (replaces) where replaces is not null;
